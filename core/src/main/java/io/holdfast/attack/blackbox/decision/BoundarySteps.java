package io.holdfast.attack.blackbox.decision;

import java.util.List;

/**
 * The {@link Boundary} attack around one sample. Each third proposal is also asked about before it
 * comes nearer, and five such answers change a length, so that it is found in some tens of queries
 * instead of hundreds: lengths keep the share of those that reach the goal between a fifth and a
 * half, and of what then comes nearer between a fifth and two fifths.
 */
final class BoundarySteps extends Walk {
  private static final int EVERY = 3; // proposals
  private static final int AROUND = 5; // answers on which the length of steps around is judged
  private static final int NEARER = 5; // of steps nearer
  private static final double CONVERGED = 1e-7;

  private final double adaptation;
  private final Directions directions;
  private final Rate around = new Rate(AROUND);
  private final Rate nearer = new Rate(NEARER);
  private double orthogonal; // parts of the distance
  private double source;
  private double distance; // of the present point from the clean input
  private float[] home; // [D], of length 1, from there to the clean input
  private int proposals;

  BoundarySteps(Site site, Boundary settings) {
    super(site);
    adaptation = settings.adaptation();
    orthogonal = settings.orthogonal();
    source = settings.source();
    directions = Directions.normal(site.seed().split("directions"), space.size());
    home = clean;
  }

  @Override
  Step from(float[] start) {
    moveTo(start, space.distance(clean, start));
    return propose();
  }

  /** Ends where steps nearer have become too short to tell. */
  private Step propose() {
    if (source < CONVERGED || distance == 0) {
      return Step.END;
    }
    float[] beside = beside();
    float[] point = closer(beside);
    boolean looks = proposals % EVERY == 0;
    proposals++;
    return new Step(
        looks ? List.of(point, beside) : List.of(point),
        answers -> {
          if (looks) {
            adapt(answers[1], answers[0]);
          }
          if (answers[0]) {
            double now = nearest() == point ? distance() : space.distance(clean, point);
            if (now < distance) {
              moveTo(point, now);
            }
          }
          return propose();
        });
  }

  private void moveTo(float[] point, double far) {
    distance = far;
    home = far == 0 ? clean : Vectors.difference(clean, point, 1 / far);
  }

  /** A random step around the clean input at about the same distance. */
  private float[] beside() {
    float[] eta = directions.next();
    double[] products = Vectors.dots(eta, home);
    double along = products[0];
    double across = Math.sqrt(Math.max(0, products[1] - along * along));
    double hypotenuse = Math.sqrt(1 + orthogonal * orthogonal);
    double sideways = across == 0 ? 0 : orthogonal * distance / (across * hypotenuse);
    space.along(clean, eta, sideways, home, -sideways * along - distance / hypotenuse);
    return eta;
  }

  /** From there to where {@link #source} of the present distance is gone. */
  private float[] closer(float[] beside) {
    double far = space.distance(clean, beside);
    double step = Math.max(0, source * distance + far - distance);
    return space.between(beside, clean, far == 0 ? 0 : Math.min(1, step / far));
  }

  private void adapt(boolean stays, boolean comesNearer) {
    around.add(stays);
    if (stays) {
      nearer.add(comesNearer);
    }
    double factor = around.factor(0.2, 0.5, adaptation);
    orthogonal = Math.min(1, orthogonal * factor);
    source = Math.min(1, source * factor * nearer.factor(0.2, 0.4, adaptation));
  }

  /** How many of the last answers were yes. */
  private static final class Rate {
    private final int window;
    private int answers;
    private int hits;

    Rate(int window) {
      this.window = window;
    }

    void add(boolean hit) {
      answers++;
      hits += hit ? 1 : 0;
    }

    /** 1 until there are enough answers; then by what to change, and the count begins anew. */
    double factor(double low, double high, double adaptation) {
      if (answers < window) {
        return 1;
      }
      double rate = (double) hits / answers;
      answers = 0;
      hits = 0;
      return rate > high ? adaptation : rate < low ? 1 / adaptation : 1;
    }
  }
}
