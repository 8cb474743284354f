package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;
import java.util.Comparator;
import java.util.stream.IntStream;

/** {@link GeoDa} around one sample. D values of an input. */
final class GeoDaWalk extends Walk {
  private static final double PER_ITERATION = 500; // queries planned for one
  private static final int RESERVE = 25; // of them for the way to the boundary
  private static final double GROWTH = 1.5; // of the way that is looked along
  private static final int WORTHWHILE = 10; // points of an estimate

  private final double lambda;
  private final double sigma; // in the units of the input
  private final double delta; // L2 distance of random points
  private final Directions directions;
  private float[] here; // [D], on the boundary
  private int iterations;
  private int iteration;
  private double points; // of the next estimate

  GeoDaWalk(Site site, GeoDa settings) {
    super(site);
    lambda = settings.lambda();
    sigma = settings.sigma() * space.domain().width();
    Frequencies low = new Frequencies(space, settings.frequencies());
    delta = sigma * Math.sqrt(low.size());
    directions = Directions.of(site.seed().split("directions"), space.size(), low::normal);
    here = clean;
  }

  @Override
  Step from(float[] start) {
    Trail line = Trail.line(space, clean, start);
    double far = Vectors.distance(Norm.L2, clean, start);
    return bisect(
        line,
        0,
        1,
        accuracy() / far,
        amount -> {
          here = line.at(amount);
          plan();
          return estimate();
        });
  }

  /** How near to the boundary a point must be for random points around it to lie on both sides. */
  private double accuracy() {
    return sigma / 4;
  }

  /** Shares the queries out: each estimate is larger than the one before by the same factor. */
  private void plan() {
    iterations = (int) Math.max(1, Math.round(left() / PER_ITERATION));
    double parts = 0;
    for (int i = 0; i < iterations; i++) {
      parts += growth(i);
    }
    points = Math.max(WORTHWHILE, (left() - (double) iterations * RESERVE) / parts);
  }

  private double growth(int steps) {
    return Math.pow(lambda, -2.0 / 3 * steps);
  }

  /** Those after the planned ones, of queries that were saved, have what is left. */
  private Step estimate() {
    double wanted = iteration < iterations ? points * growth(iteration) : left();
    long asked = Math.min(Math.round(wanted), left() - RESERVE);
    iteration++;
    return asked < WORTHWHILE
        ? Step.END
        : new NormalEstimate(space, here, delta, directions, this::cross).ask(asked);
  }

  /** From the clean input across the boundary in the direction in which it is nearest. */
  private Step cross(float[] normal) {
    float[] steep = normal.clone();
    for (int i = 0; i < steep.length && space.norm() == Norm.LINF; i++) {
      steep[i] = Math.signum(normal[i]);
    }
    Trail trail = space.norm() == Norm.L1 ? sparse(normal) : Trail.ray(space, clean, steep);
    double slope =
        space.norm() == Norm.L1 ? Vectors.length(Norm.LINF, normal) : Vectors.dot(normal, steep);
    double tolerance = accuracy() / Math.max(Float.MIN_NORMAL, slope);
    return cross(trail, space.distance(clean, here), tolerance);
  }

  private Step cross(Trail trail, double length, double tolerance) {
    if (length > farthest() * GROWTH) {
      return estimate();
    }
    return Step.ask(
        trail.at(length),
        reached ->
            reached
                ? bisect(
                    trail,
                    0,
                    length,
                    tolerance,
                    amount -> {
                      here = trail.at(amount);
                      return estimate();
                    })
                : cross(trail, length * GROWTH, tolerance));
  }

  /** The size of the domain in the norm. */
  private double farthest() {
    double parts =
        switch (space.norm()) {
          case LINF -> 1;
          case L2 -> Math.sqrt(space.size());
          default -> space.size();
        };
    return parts * space.domain().width();
  }

  /**
   * The way that crosses a flat boundary at the smallest sum of changes: one value after the other
   * to its end, that with the steepest slope first.
   */
  private Trail sparse(float[] normal) {
    int[] order =
        IntStream.range(0, normal.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(normal[i])))
            .mapToInt(Integer::intValue)
            .toArray();
    return length -> {
      float[] point = clean.clone();
      double rest = length;
      for (int k = 0; k < order.length && rest > 0; k++) {
        int i = order[k];
        point[i] = space.clamp(clean[i] + Math.signum(normal[i]) * rest);
        rest -= Math.abs((double) point[i] - clean[i]);
      }
      return point;
    };
  }
}
