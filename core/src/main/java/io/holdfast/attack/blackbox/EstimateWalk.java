package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/**
 * Ascent along gradients that are estimated from differences of scores. A step asks about the point
 * that it stands at, which alone counts, then about pairs of points on its two sides, inside the
 * domain but perhaps outside of the ball. The result is the point of highest loss.
 */
abstract class EstimateWalk extends Walk {
  private static final int REMEMBERED = 1 << 16; // values of directions

  /** Where the ascent stands, {@code [D]}. */
  final float[] point;

  private final int pairs;
  private final float[][] directions; // of the pairs that are not answered, in turn
  private final double[] firsts; // losses at the first points of those pairs
  private int asked; // in this step
  private int heard;
  private boolean standing;

  /**
   * @param pairs per step, at least 1
   * @param values of a direction
   */
  EstimateWalk(int pairs, int values, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.pairs = pairs;
    point = clean.clone();
    int window = Math.max(1, Math.min(pairs, REMEMBERED / values));
    directions = new float[window][values];
    firsts = new double[window];
  }

  /** Takes the loss at the point. */
  void stand(double loss) {
    keepIfHigher(loss);
  }

  /** Draws the direction of a pair. */
  abstract void draw(float[] direction);

  /** Writes {@link #next}, on one side of the point. */
  abstract void probe(float[] direction, int side);

  /** Takes the losses on the one side and on the other. */
  abstract void add(float[] direction, double one, double other);

  /** Moves {@link #point} by what was added since it last moved. */
  abstract void move();

  @Override
  final int ahead() {
    if (asked == 0) {
      return 1;
    }
    int half = (asked - 1) % 2; // a pair whose other side was not asked about
    return Math.min(1 + 2 * pairs - asked, 2 * directions.length - half);
  }

  @Override
  final void propose(int query) {
    standing = asked == 0;
    if (standing) {
      System.arraycopy(point, 0, next, 0, next.length);
    } else {
      float[] direction = directions[slot(asked)];
      int side = asked % 2 == 1 ? 1 : -1;
      if (side > 0) {
        draw(direction);
      }
      probe(direction, side);
    }
    asked++;
  }

  private int slot(int number) {
    return (number - 1) / 2 % directions.length;
  }

  @Override
  boolean counts() {
    return standing;
  }

  @Override
  final boolean hear(double loss) {
    if (heard == 0) {
      stand(loss);
    } else if (heard % 2 == 1) {
      firsts[slot(heard)] = loss;
    } else {
      add(directions[slot(heard)], firsts[slot(heard)], loss);
    }
    heard++;
    if (heard == 1 + 2 * pairs) {
      move();
      asked = 0;
      heard = 0;
    }
    return true; // perhaps; nobody asks, since no proposal is a patch
  }
}
