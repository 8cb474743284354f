package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;
import java.util.function.Supplier;

/** {@link HopSkipJump} around one sample. D values of an input. */
final class HopSkipJumpWalk extends Walk {
  /** The finest part of the way that float32 can tell. */
  private static final double FINEST = 0x1p-22;

  private static final double FIRST_DELTA = 0.1; // of the domain's width
  private static final int HALVINGS = 20;
  private static final int RESERVE = 25; // queries for a step and the way back
  private static final int WORTHWHILE = 10; // points of an estimate

  private final HopSkipJump settings;
  private final boolean flat;
  private final double theta; // accuracy of the binary search
  private final Directions directions;
  private float[] here; // [D], on the boundary
  private int iteration;

  HopSkipJumpWalk(Site site, HopSkipJump settings) {
    super(site);
    this.settings = settings;
    double size = space.size();
    flat = space.norm() == Norm.LINF;
    theta = Math.max(FINEST, settings.gamma() / (flat ? size : Math.sqrt(size)));
    directions =
        flat
            ? Directions.uniform(site.seed().split("directions"), space.size())
            : Directions.normal(site.seed().split("directions"), space.size());
    here = clean;
  }

  /** A start on any rung will do: the search that follows ends on the boundary. */
  @Override
  Step begin() {
    return start(1, this::from);
  }

  @Override
  Step from(float[] start) {
    return toBoundary(start, this::estimate);
  }

  private Step toBoundary(float[] far, Supplier<Step> then) {
    Trail trail = Trail.towards(space, clean, far);
    double tolerance = flat ? theta / Math.max(1, space.distance(clean, far)) : theta;
    return bisect(
        trail,
        0,
        1,
        tolerance,
        amount -> {
          here = trail.at(amount);
          return then.get();
        });
  }

  /** The last estimate is as large as leaves queries to use it. */
  private Step estimate() {
    double wanted = settings.firstEstimate() * Math.sqrt(iteration + 1.0);
    long points = Math.min(Math.round(wanted), settings.mostEstimate());
    points = Math.min(points, left() - RESERVE);
    return points < Math.min(WORTHWHILE, settings.firstEstimate())
        ? Step.END
        : new NormalEstimate(space, here, delta(), directions, this::advance).ask(points);
  }

  /** Distance of the random points (section III.C.3). */
  private double delta() {
    if (iteration == 0) {
      return FIRST_DELTA * space.domain().width();
    }
    double size = space.size();
    double part = flat ? size : Math.sqrt(size);
    return Math.max(Float.MIN_NORMAL, part * theta * space.distance(clean, here));
  }

  private Step advance(float[] normal) {
    if (flat) {
      for (int i = 0; i < normal.length; i++) {
        normal[i] = Math.signum(normal[i]);
      }
    }
    double length = space.distance(clean, here) / Math.sqrt(iteration + 1.0);
    iteration++;
    return advance(normal, length, HALVINGS);
  }

  /** Halves the step until it stays on the goal's side (section III.C.2). */
  private Step advance(float[] normal, double length, int tries) {
    if (tries == 0) {
      return estimate();
    }
    float[] point = space.along(here, normal, length);
    return Step.ask(
        point,
        reached ->
            reached ? toBoundary(point, this::estimate) : advance(normal, length / 2, tries - 1));
  }
}
