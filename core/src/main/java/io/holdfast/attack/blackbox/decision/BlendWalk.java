package io.holdfast.attack.blackbox.decision;

import org.jspecify.annotations.Nullable;

/** {@link Blend} around one sample. */
final class BlendWalk extends Walk {
  private static final double FINE = 1.0 / 1024; // of the part of a trail that is looked at
  private static final int HALVINGS = 20;

  BlendWalk(Site site) {
    super(site);
  }

  @Override
  Step begin() {
    @Nullable Trail trail = site().trails().next();
    if (trail == null) {
      return Step.END;
    }
    double most = reach(trail);
    return climb(trail, most, FINE * most, amount -> begin(), this::begin);
  }

  @Override
  Step from(float[] start) {
    return begin();
  }

  /** How far along a trail the points are nearer than all before; no question is asked. */
  private double reach(Trail trail) {
    if (space.distance(clean, trail.at(1)) < distance()) {
      return 1;
    }
    double near = 0;
    double far = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (near + far) / 2;
      if (space.distance(clean, trail.at(middle)) < distance()) {
        near = middle;
      } else {
        far = middle;
      }
    }
    return near;
  }
}
