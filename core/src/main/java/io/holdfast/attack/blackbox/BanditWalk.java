package io.holdfast.attack.blackbox;

import io.holdfast.threat.Norm;
import java.util.random.RandomGenerator;

/**
 * The steps of {@link Bandits}. The prior v and its noise have P = C tiles-down tiles-across values
 * and are spread over the image by nearest neighbours.
 */
final class BanditWalk extends EstimateWalk {
  private static final double LARGEST = 1 - 1e-9; // from 1 the prior never comes back

  private final int down; // tiles
  private final int across;
  private final double[] prior; // [P]
  private final double[] spread; // [D], the prior or a neighbour over the image
  private final int[] tileOf; // [D]
  private final double exploration;
  private final double distance;
  private final double rate;
  private final double length;

  BanditWalk(Bandits attack, Canvas canvas, float[] clean, RandomGenerator random) {
    super(
        1,
        canvas.channels() * attack.tiles(canvas.height()) * attack.tiles(canvas.width()),
        canvas,
        clean,
        random);
    down = attack.tiles(canvas.height());
    across = attack.tiles(canvas.width());
    prior = new double[canvas.channels() * down * across];
    spread = new double[clean.length];
    tileOf = new int[clean.length];
    for (int i = 0; i < tileOf.length; i++) {
      int channel = i / canvas.pixels();
      int row = i / canvas.width() % canvas.height() * down / canvas.height();
      int column = i % canvas.width() * across / canvas.width();
      tileOf[i] = (channel * down + row) * across + column;
    }
    Norm norm = canvas.norm();
    exploration = attack.explorationIn(norm);
    distance = attack.distanceIn(norm);
    rate = attack.priorRateIn(norm);
    length = attack.relativeStepIn(norm) * canvas.epsilon();
  }

  /** Normal noise whose expected squared length is that of the exploration. */
  @Override
  void draw(float[] direction) {
    double scale = exploration / Math.sqrt(direction.length);
    for (int i = 0; i < direction.length; i++) {
      direction[i] = (float) (scale * random.nextGaussian());
    }
  }

  /** At a fixed distance along the prior plus or minus noise. */
  @Override
  void probe(float[] direction, int side) {
    double squares = 0;
    for (int i = 0; i < spread.length; i++) {
      spread[i] = prior[tileOf[i]] + side * direction[tileOf[i]];
      squares += spread[i] * spread[i];
    }
    double scale = squares == 0 ? 0 : distance / Math.sqrt(squares);
    for (int i = 0; i < next.length; i++) {
      next[i] = canvas.clamp(point[i] + scale * spread[i]);
    }
  }

  /** The bandit's step: exponentiated gradients in L-infinity, plain ones in L2. */
  @Override
  void add(float[] direction, double one, double other) {
    double slope = (one - other) / (distance * exploration);
    for (int i = 0; i < prior.length; i++) {
      double move = rate * slope * direction[i];
      prior[i] = canvas.norm() == Norm.L2 ? prior[i] + move : exponentiated(prior[i], move);
    }
  }

  /** A value in [-1, 1], as two weights that are multiplied by e^move and e^-move. */
  private static double exponentiated(double value, double move) {
    double odds = Math.log((1 + value) / (1 - value)) + 2 * move;
    return Math.max(-LARGEST, Math.min(LARGEST, Math.tanh(odds / 2)));
  }

  @Override
  void move() {
    for (int i = 0; i < spread.length; i++) {
      spread[i] = prior[tileOf[i]];
    }
    canvas.step(point, clean, spread, length);
  }
}
