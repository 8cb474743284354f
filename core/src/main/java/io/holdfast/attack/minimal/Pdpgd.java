package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.common.Records;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.List;

/**
 * PDPGD (Matyasko and Chau 2021, "Primal-dual proximal gradient descent adversarial attack",
 * algorithm 2): a game in which one player lowers the distance and the margin's loss together, the
 * other shifts the weight between the two towards whichever is due. Steps are Adam's on {@code
 * log(1 + exp(-margin))}; the distance enters by its proximity operator in Adam's own metric, by a
 * few steps of a fixed-point iteration (Melchior et al. 2019). In L0, whose operator falls apart
 * into one per value, it is taken exactly once an adversarial point is known: a few steps leave
 * values as they are along which the margin is flat, and which Adam moves as far as all others.
 * Before that they hold the search back less. The paper takes plain gradients of the distance in L2
 * (algorithm 1); here L2 has its operator too.
 *
 * @param steps one gradient each, at least 1; the last point costs a query more
 * @param rate of Adam at first, in [1e-6, 10]; it falls to a hundredth
 * @param ratio of the distance's first weight to that of the margin, in [1e-6, 1]
 * @param dualRate by which the weights' logarithm moves at first, in [1e-6, 10]; it falls to a
 *     tenth
 * @param smoothing of the weights over steps, in [0, 0.999]
 * @param rounds of the iteration for the distance, at least 1
 */
public record Pdpgd(
    int steps, double rate, double ratio, double dualRate, double smoothing, int rounds)
    implements MinimalAttack<Pdpgd> {
  private static final double SLOWEST = 1e-6;
  private static final double FASTEST = 10;
  private static final double LEAST_RATIO = 1e-6;
  private static final double SMOOTHEST = 0.999;
  private static final double LAST_RATE = 0.01;
  private static final double LAST_DUAL_RATE = 0.1;

  /** By which part a point may still move for the iteration to be over. */
  private static final double SETTLED = 0.01;

  /** The registry's line. */
  public static final AttackSpec<Pdpgd> SPEC =
      new AttackSpec<>(
          "pdpgd",
          "the smallest change, as a game between distance and margin",
          List.of("linf", "l2", "l1", "l0"),
          "Matyasko and Chau 2021, algorithm 2",
          new Pdpgd(500, 0.1, 0.01, 0.1, 0.9, 5),
          List.of(
              Knobs.steps(Pdpgd::steps, Pdpgd::steps),
              Knobs.number("rate", "of Adam at first", SLOWEST, FASTEST, Pdpgd::rate, Pdpgd::rate),
              Knobs.number(
                  "ratio",
                  "first weight of the distance over that of the margin",
                  LEAST_RATIO,
                  1,
                  Pdpgd::ratio,
                  Pdpgd::ratio),
              Knobs.number(
                  "dual_rate",
                  "by which the weights' logarithm moves at first",
                  SLOWEST,
                  FASTEST,
                  Pdpgd::dualRate,
                  Pdpgd::dualRate),
              Knobs.number(
                  "smoothing",
                  "of the weights over steps",
                  0,
                  SMOOTHEST,
                  Pdpgd::smoothing,
                  Pdpgd::smoothing),
              Knobs.count(
                  "rounds", "of the iteration for the distance", Pdpgd::rounds, Pdpgd::rounds)));

  public Pdpgd {
    new Demands("pdpgd")
        .count("steps", steps)
        .within("rate", rate, SLOWEST, FASTEST)
        .within("ratio", ratio, LEAST_RATIO, 1)
        .within("dual_rate", dualRate, SLOWEST, FASTEST)
        .within("smoothing", smoothing, 0, SMOOTHEST)
        .count("rounds", rounds)
        .require();
  }

  public Pdpgd steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Pdpgd rate(double first) {
    return Records.with(this, "rate", first);
  }

  public Pdpgd ratio(double first) {
    return Records.with(this, "ratio", first);
  }

  public Pdpgd dualRate(double first) {
    return Records.with(this, "dualRate", first);
  }

  public Pdpgd smoothing(double part) {
    return Records.with(this, "smoothing", part);
  }

  public Pdpgd rounds(int number) {
    return Records.with(this, "rounds", number);
  }

  @Override
  public AttackSpec<Pdpgd> spec() {
    return SPEC;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Trail trail = new Trail(task);
    Adam adam = new Adam(trail);
    double most = -Math.log(LEAST_RATIO);
    Rows lean = trail.remember(1, -Math.log(ratio)); // [n, 1] logarithm of margin over distance
    Rows share = trail.remember(1, 1 / (1 + ratio)); // [n, 1] the margin's smoothed weight
    return trail.follow(
        steps,
        Losses.CW,
        (k, slope) -> {
          Tensor margin = slope.look().margin(); // [n, 1]
          Tensor pull = slope.gradient().mul(Nn.sigmoid(margin.neg()).neg()); // [n, D]
          double length = rate * Math.pow(LAST_RATE, (double) k / steps);
          Tensor direction = adam.direction(pull); // [n, D]
          Tensor ahead = trail.inBox(slope.look().change().add(direction, -length)); // [n, D]
          Tensor cost = share.get().reciprocal().sub(1).mulInPlace(length); // [n, 1]
          Tensor next = nearest(trail, ahead, adam.scale(), cost); // [n, D]
          double move = dualRate * (LAST_DUAL_RATE + (1 - LAST_DUAL_RATE) * rest(k));
          lean.set(lean.get().sub(margin.sign().mul(move)).clamp(-most, most));
          share.set(
              share.get().mul(smoothing).add(Nn.sigmoid(lean.get()), 1 - smoothing)); // [n, 1]
          return next;
        });
  }

  private double rest(int step) {
    return steps == 1 ? 1 : (steps - 1.0 - step) / (steps - 1);
  }

  /**
   * The point nearest to {@code ahead} in Adam's metric, where length costs too, {@code [n, D]}.
   *
   * @param scale the metric, {@code [n, D]}
   * @param cost of length, {@code [n, 1]}
   */
  private Tensor nearest(Trail trail, Tensor ahead, Tensor scale, Tensor cost) {
    Tensor iterated = iterated(trail, ahead, scale, cost); // [n, D]
    if (trail.norm() != Norm.L0) {
      return iterated;
    }
    Tensor exact = trail.inBox(Proximal.of(Norm.L0, ahead, cost.div(scale))); // [n, D]
    return Tensors.where(trail.shortest().isFinite(), exact, iterated);
  }

  /** By a few rounds of the fixed-point iteration. */
  private Tensor iterated(Trail trail, Tensor ahead, Tensor scale, Tensor cost) {
    Tensor widest = Norm.LINF.lengths(scale); // [n, 1]
    Tensor metric = scale.div(widest); // [n, D] at most 1
    Tensor threshold = cost.div(widest); // [n, 1]
    Tensor here = ahead; // [n, D]
    Tensor open = widest.gt(0); // [n, 1]
    for (int round = 0; round < rounds && open.any(); round++) {
      Tensor back = here.sub(metric.mul(here.sub(ahead))); // [n, D]
      Tensor next = trail.inBox(Proximal.of(trail.norm(), back, threshold)); // [n, D]
      Tensor moved = Norm.L2.lengths(next.sub(here)); // [n, 1]
      here = Tensors.where(open, next, here);
      open = open.and(moved.gt(Norm.L2.lengths(here).mul(SETTLED)));
    }
    return here;
  }
}
