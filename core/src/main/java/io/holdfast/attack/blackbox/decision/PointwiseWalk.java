package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;
import java.util.Arrays;

/** {@link Pointwise} around one sample. D values of an input. */
final class PointwiseWalk extends Walk {
  private static final double FINE = 1.0 / 1024; // of a change

  private float[] here; // [D], reaches the goal
  private int passes;

  PointwiseWalk(Site site) {
    super(site);
    here = clean;
  }

  @Override
  Step from(float[] start) {
    here = start;
    return reset(order(), 0, false);
  }

  /** The changed values in random order. */
  private int[] order() {
    int[] all = site().seed().split("order").split(passes++).permutation(here.length);
    return Arrays.stream(all).filter(i -> here[i] != clean[i]).toArray();
  }

  private Step reset(int[] order, int position, boolean changed) {
    if (position == order.length) {
      return changed ? reset(order(), 0, false) : finish();
    }
    float[] point = here.clone();
    point[order[position]] = clean[order[position]];
    return Step.ask(
        point,
        reached -> {
          here = reached ? point : here;
          return reset(order, position + 1, changed || reached);
        });
  }

  private Step finish() {
    return space.norm() == Norm.L0 ? start(this::from) : shrink(order(), 0);
  }

  /** Makes one change after the other as small as it may be. */
  private Step shrink(int[] order, int position) {
    if (position == order.length) {
      return start(this::from);
    }
    int i = order[position];
    float[] base = here;
    Trail value =
        amount -> {
          float[] point = base.clone();
          point[i] = space.clamp(clean[i] + amount * ((double) base[i] - clean[i]));
          return point;
        };
    return bisect(
        value,
        0,
        1,
        FINE,
        amount -> {
          here = value.at(amount);
          return shrink(order, position + 1);
        });
  }
}
