package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.blackbox.decision.BoundaryPoints;
import io.holdfast.attack.blackbox.decision.Start;
import io.holdfast.common.Records;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import java.util.Arrays;
import java.util.List;

/**
 * The attack of Brendel et al. 2019 ("Accurate, reliable and fast robustness evaluation", section
 * 2): from a point beyond the boundary, which decision-based attacks would begin at as well, along
 * the boundary ever nearer to the clean input. Each step is the best one that is on the linearised
 * boundary and in a region of trust around the present point ({@link TrustRegion}). Since it begins
 * far away, it needs no slope at the clean input.
 *
 * <p>As in the authors' program the slopes are averaged over steps, a step aims a little beyond the
 * boundary, and the region shrinks at fixed times. Its first radius is a part of the box's width
 * times the number of values, which the program multiplies by the size of the batch as well; here a
 * sample's search does not depend on others. In L0 the region stays as wide as it must be for nine
 * values to go all the way: a value is undone as a whole or not at all, so that the search would be
 * over as soon as the region is narrower than the box.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param radius of the first region in L2, per value and width of the box, in [1e-9, 1]
 * @param decay of the radius, {@value #DECAYS} times at equal distances, in [0.01, 1]
 * @param overshoot where steps aim: 1 for the boundary, 2 for as far beyond as they were before it,
 *     in [1, 2]
 * @param momentum share of the earlier slopes, in [0, 0.999]
 * @param start where it begins
 * @param restarts rounds from other starts, at least 1
 */
public record BrendelBethge(
    int steps,
    double radius,
    double decay,
    double overshoot,
    double momentum,
    Start start,
    int restarts)
    implements MinimalAttack<BrendelBethge> {
  private static final int DECAYS = 20;
  private static final double NARROWEST = 1e-9;
  private static final double FASTEST = 0.01;
  private static final double LONGEST = 0.999;

  /** In widths of the box. */
  private static final double LEAST_L0 = 3;

  /** The registry's line. */
  public static final AttackSpec<BrendelBethge> SPEC =
      new AttackSpec<>(
          "brendel-bethge",
          "the smallest change, along the boundary from far away",
          List.of("linf", "l2", "l1", "l0"),
          "Brendel et al. 2019, section 2",
          new BrendelBethge(1000, 1e-3, 0.5, 1.1, 0.8, Start.AUTO, 1),
          List.of(
              Knobs.steps(BrendelBethge::steps, BrendelBethge::steps),
              Knobs.number(
                  "radius",
                  "of the first region of trust, per value and width of the box",
                  NARROWEST,
                  1,
                  BrendelBethge::radius,
                  BrendelBethge::radius),
              Knobs.number(
                  "decay",
                  "of the radius, " + DECAYS + " times",
                  FASTEST,
                  1,
                  BrendelBethge::decay,
                  BrendelBethge::decay),
              Knobs.number(
                  "overshoot",
                  "where steps aim, 1 for the boundary",
                  1,
                  2,
                  BrendelBethge::overshoot,
                  BrendelBethge::overshoot),
              Knobs.number(
                  "momentum",
                  "share of the earlier slopes",
                  0,
                  LONGEST,
                  BrendelBethge::momentum,
                  BrendelBethge::momentum),
              Knobs.choice(
                  "start",
                  "where to begin: noise, images of other classes, or what suits the goal",
                  BrendelBethge::start,
                  BrendelBethge::start),
              Knobs.restarts(BrendelBethge::restarts)));

  public BrendelBethge {
    new Demands("brendel-bethge")
        .count("steps", steps)
        .within("radius", radius, NARROWEST, 1)
        .within("decay", decay, FASTEST, 1)
        .within("overshoot", overshoot, 1, 2)
        .within("momentum", momentum, 0, LONGEST)
        .count("restarts", restarts)
        .require();
  }

  public BrendelBethge steps(int number) {
    return Records.with(this, "steps", number);
  }

  public BrendelBethge radius(double first) {
    return Records.with(this, "radius", first);
  }

  public BrendelBethge decay(double factor) {
    return Records.with(this, "decay", factor);
  }

  public BrendelBethge overshoot(double aim) {
    return Records.with(this, "overshoot", aim);
  }

  public BrendelBethge momentum(double share) {
    return Records.with(this, "momentum", share);
  }

  public BrendelBethge start(Start kind) {
    return Records.with(this, "start", kind);
  }

  public BrendelBethge restarts(int rounds) {
    return Records.with(this, "restarts", rounds);
  }

  @Override
  public AttackSpec<BrendelBethge> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Tensor starts = BoundaryPoints.find(task, start); // [n, ...]
    if (task.size() == 0) {
      return starts;
    }
    Trail trail = new Trail(task);
    trail.goTo(starts.reshape(starts.size(0), -1));
    Rows normal = trail.remember(trail.dimensions(), 0); // [n, D]
    double least = trail.norm() == Norm.L0 ? LEAST_L0 * trail.domain().width() : 0;
    return trail.follow(
        steps,
        Losses.CW,
        (k, slope) -> {
          double earlier = k == 0 ? 0 : momentum;
          normal.set(normal.get().mul(earlier).addInPlace(slope.gradient(), 1 - earlier));
          return next(trail, normal.get(), slope.look(), Math.max(least, size(trail, k)));
        });
  }

  /** The radius of a step's region, which has shrunk at fixed times. */
  private double size(Trail trail, int step) {
    int times = step / Math.max(1, steps / DECAYS);
    return radius * trail.dimensions() * trail.domain().width() * Math.pow(decay, times);
  }

  /** The next changes from the clean inputs, {@code [n, D]}. */
  private Tensor next(Trail trail, Tensor normal, Look look, double size) {
    double[] missing = missing(look); // [n]
    double[] from = look.change().to(DType.FLOAT64).toDoubles(); // [n D]
    double[] clean = trail.clean().to(DType.FLOAT64).toDoubles(); // [n D]
    double[] slopes = normal.to(DType.FLOAT64).toDoubles(); // [n D]
    double[] next = new double[from.length]; // [n D]
    Domain box = trail.domain();
    int d = (int) trail.dimensions();
    for (int i = 0; i < missing.length; i++) {
      int first = i * d;
      double[] low = new double[d]; // [D]
      double[] high = new double[d]; // [D]
      for (int j = 0; j < d; j++) {
        low[j] = box.low() - clean[first + j];
        high[j] = box.high() - clean[first + j];
      }
      double[] here = Arrays.copyOfRange(from, first, first + d); // [D]
      double[] own = Arrays.copyOfRange(slopes, first, first + d); // [D]
      double[] found = new TrustRegion(trail.norm(), here, low, high, own).solve(missing[i], size);
      System.arraycopy(found, 0, next, first, d);
    }
    return Tensors.of(next, missing.length, d).to(DType.FLOAT32).to(normal.device());
  }

  /** What the margins have to gain: a little more than they lack, a little less than they have. */
  private double[] missing(Look look) {
    double[] margin = look.margin().toDoubles(); // [n]
    return Arrays.stream(margin).map(m -> -m * (m > 0 ? 2 - overshoot : overshoot)).toArray();
  }
}
