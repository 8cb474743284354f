package io.holdfast.attack.blackbox;

import java.util.random.RandomGenerator;

/**
 * The searches of {@link Zoo}. A direction is the number of a coordinate of the space that is
 * searched; the point itself is an image, so that a space which grows goes on where it was.
 */
final class ZooWalk extends EstimateWalk {
  private static final double UNBOUNDED = 1e10;
  private static final double TENTH = 0.1;
  private static final double HARDLY = 0.9999;
  private static final double HALF = 0.5;

  private final Zoo attack;
  private final int pairs; // B
  private AttackSpace space;
  private Coordinates coordinates;
  private Adam adam;
  private int growths; // of the space, in this search
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
    super(pairs(attack, canvas), 1, canvas, clean, random);
    this.attack = attack;
    pairs = pairs(attack, canvas);
    space = first(attack, canvas);
    coordinates = new Coordinates(space, pairs, random);
    adam = new Adam(attack.rate(), space.size());
    slopes = new double[pairs];
    curvatures = new double[pairs];
    steps = Math.max(1, planned / (attack.searches() * (1 + 2 * pairs)));
    constant = attack.constant();
  }

  private static AttackSpace first(Zoo attack, Canvas canvas) {
    return attack.space() == 0
        ? AttackSpace.whole(canvas)
        : new AttackSpace(canvas, attack.space());
  }

  private static int pairs(Zoo attack, Canvas canvas) {
    return Math.min(attack.coordinates(), first(attack, canvas).size());
  }

  /** Inside the ball; where there is none, always. */
  @Override
  boolean counts() {
    return super.counts() && canvas.length(point, clean) <= canvas.epsilon();
  }

  @Override
  boolean suffices(double margin) {
    return margin >= attack.confidence();
  }

  /** Keeps the nearest adversarial point, or as long as there is none the one of highest margin. */
  @Override
  void stand(double margin) {
    double distance = canvas.length(point, clean);
    missing = missing(margin);
    if (margin > 0 && suffices(margin)) {
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
    System.arraycopy(point, 0, next, 0, next.length);
    double far = side * attack.difference();
    space.visit(
        (int) direction[0], (at, weight) -> next[at] = canvas.clamp(point[at] + far * weight));
  }

  @Override
  void add(float[] direction, double one, double other) {
    Reach reach = new Reach();
    space.visit((int) direction[0], reach);
    double rise = constant * (missing(one) - missing(other)) / (reach.width / reach.squares);
    slopes[added] = 2 * reach.distance + rise;
    boolean even = Math.abs(reach.lean) < TENTH * reach.width;
    double half = reach.width / reach.squares / 2;
    double bend = (missing(one) - 2 * missing + missing(other)) / (half * half);
    curvatures[added] = even ? 2 * reach.squares + constant * bend : 0;
    added++;
  }

  /** How the two points of a difference lie about the point, along the coordinate. */
  private final class Reach implements AttackSpace.Tent {
    double distance; // slope of half the squared distance
    double width; // between the two points, times squares
    double lean; // of their middle from the point
    double squares; // squared length of the coordinate's change

    @Override
    public void value(int at, double weight) {
      double up = canvas.clamp(point[at] + attack.difference() * weight);
      double down = canvas.clamp(point[at] - attack.difference() * weight);
      distance += weight * ((double) point[at] - clean[at]);
      width += weight * (up - down);
      lean += weight * (up + down - 2.0 * point[at]);
      squares += weight * weight;
    }
  }

  @Override
  void move() {
    for (int i = 0; i < pairs; i++) {
      int coordinate = coordinates.at(i);
      double far = length(coordinate, slopes[i], curvatures[i]);
      space.visit(coordinate, (at, weight) -> point[at] = canvas.clamp(point[at] + far * weight));
    }
    step++;
    if (step >= steps) {
      bisect();
    } else {
      grow();
    }
    if (attack.importance()) {
      coordinates.drawByChange(point, clean, random);
    } else {
      coordinates.drawUniformly(random);
    }
    drawn = 0;
    added = 0;
  }

  /**
   * Twice the side after a tenth of a search, and after half of it ("hierarchical attack",
   * evaluated on ImageNet).
   */
  private void grow() {
    double due = growths == 0 ? TENTH : HALF;
    if (attack.space() > 0 && growths < 2 && step >= due * steps) {
      growths++;
      search(new AttackSpace(canvas, attack.space() << growths));
    }
  }

  private void search(AttackSpace other) {
    if (other.size() != space.size()) {
      space = other;
      coordinates = new Coordinates(space, pairs, random);
      adam = new Adam(attack.rate(), space.size());
    }
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
    growths = 0;
    search(first(attack, canvas));
    adam.reset();
    reached = false;
    step = 0;
    before = Double.POSITIVE_INFINITY;
  }
}
