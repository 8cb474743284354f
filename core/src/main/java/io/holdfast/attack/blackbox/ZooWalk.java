package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/** The searches of {@link Zoo}. A direction is the number of a coordinate. */
final class ZooWalk extends EstimateWalk {
  private static final double UNBOUNDED = 1e10;
  private static final double TENTH = 0.1;
  private static final double HARDLY = 0.9999;

  private final Zoo attack;
  private final int pairs; // B
  private final Coordinates coordinates;
  private final Adam adam;
  private final double[] slopes; // [B]
  private final double[] curvatures; // [B], not above 0 where unknown
  private final int steps; // per search
  private int drawn; // coordinates of this step
  private int added; // coordinates of this step
  private int step; // of this search
  private double constant; // c
  private double low; // a c that was too small
  private double high = UNBOUNDED; // a c that was large enough
  private double missing; // what c weighs, at the point
  private double before = Double.POSITIVE_INFINITY; // the objective a tenth of the steps ago
  private boolean reached; // in this search
  private double nearest = Double.POSITIVE_INFINITY; // squared distance of the best point, if any

  ZooWalk(Zoo attack, int planned, Canvas canvas, float[] clean, RandomGenerator random) {
    super(Math.min(attack.coordinates(), clean.length), 1, canvas, clean, random);
    this.attack = attack;
    pairs = Math.min(attack.coordinates(), clean.length);
    coordinates = new Coordinates(canvas, pairs, random);
    adam = new Adam(attack.rate(), clean.length);
    slopes = new double[pairs];
    curvatures = new double[pairs];
    steps = Math.max(1, planned / (attack.searches() * (1 + 2 * pairs)));
    constant = attack.constant();
  }

  /** Inside the ball; where there is none, always. */
  @Override
  boolean counts() {
    return super.counts() && canvas.length(point, clean) <= canvas.epsilon();
  }

  /** Keeps the nearest adversarial point, or as long as there is none the one of highest margin. */
  @Override
  void stand(double margin) {
    double distance = canvas.length(point, clean);
    missing = missing(margin);
    if (margin > 0 && margin >= attack.confidence()) {
      reached = true;
      if (distance * distance < nearest) {
        nearest = distance * distance;
        System.arraycopy(point, 0, best, 0, best.length);
      }
    } else if (nearest == Double.POSITIVE_INFINITY) {
      keepIfHigher(margin);
    }
    endEarly(distance * distance + constant * missing);
  }

  /** The margin that is to be made up (equation 3). */
  private double missing(double margin) {
    return Math.max(-margin, -attack.confidence());
  }

  /** A search ends that has not come down for a tenth of its steps. */
  private void endEarly(double objective) {
    int look = Math.max(1, (int) (TENTH * steps));
    if (step % look == 0) {
      step = step > 0 && objective > HARDLY * before ? steps : step;
      before = objective;
    }
  }

  @Override
  void draw(float[] direction) {
    direction[0] = coordinates.at(drawn++);
  }

  @Override
  void probe(float[] direction, int side) {
    int at = (int) direction[0];
    System.arraycopy(point, 0, next, 0, next.length);
    next[at] = canvas.clamp(point[at] + side * attack.difference());
  }

  @Override
  void add(float[] direction, double one, double other) {
    int at = (int) direction[0];
    double up = canvas.clamp(point[at] + attack.difference());
    double down = canvas.clamp(point[at] - attack.difference());
    double rise = constant * (missing(one) - missing(other)) / (up - down);
    slopes[added] = 2 * ((double) point[at] - clean[at]) + rise;
    boolean even = Math.abs(up + down - 2.0 * point[at]) < TENTH * (up - down);
    double half = (up - down) / 2;
    double bend = (missing(one) - 2 * missing + missing(other)) / (half * half);
    curvatures[added] = even ? 2 + constant * bend : 0;
    added++;
  }

  @Override
  void move() {
    for (int i = 0; i < pairs; i++) {
      int at = coordinates.at(i);
      point[at] = canvas.clamp(point[at] + length(at, slopes[i], curvatures[i]));
    }
    step++;
    if (step >= steps) {
      bisect();
    }
    if (attack.importance()) {
      coordinates.drawByChange(point, clean, random);
    } else {
      coordinates.drawUniformly(random);
    }
    drawn = 0;
    added = 0;
  }

  private double length(int at, double slope, double curvature) {
    if (attack.solver() == Zoo.Solver.ADAM) {
      return adam.step(at, -slope);
    }
    return -attack.rate() * (curvature > 0 ? slope / curvature : slope);
  }

  /** The next c; the search begins anew from the clean image. */
  private void bisect() {
    if (reached) {
      high = Math.min(high, constant);
    } else {
      low = Math.max(low, constant);
    }
    constant = high < UNBOUNDED ? (low + high) / 2 : constant * 10;
    System.arraycopy(clean, 0, point, 0, point.length);
    adam.reset();
    reached = false;
    step = 0;
    before = Double.POSITIVE_INFINITY;
  }
}
