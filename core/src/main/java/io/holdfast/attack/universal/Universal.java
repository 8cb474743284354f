package io.holdfast.attack.universal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.InvalidInputException;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One perturbation for all samples (Moosavi-Dezfooli et al. 2017), by projected ascent on the sum
 * of the samples' losses (Shafahi et al. 2020, section 3, whose clipped loss keeps a few samples
 * from ruling the sum), in small groups whose gradients are gathered before each step (Liu et al.
 * 2023, SGA, section 3.2). Towards a target where the goal has one. The samples that it is made for
 * are those it is judged on, those of one chunk together: an attacker who knows them all. Samples
 * that it leaves as they are cost as much as the others.
 *
 * @param steps over all samples, at least 1
 * @param group samples whose gradients are gathered for a step within one pass over all, at least 1
 * @param relativeStep length of a step as a part of epsilon, in (0, 1]
 * @param clip margin in logits beyond which a sample counts no more, at least 0
 */
public record Universal(int steps, int group, double relativeStep, double clip)
    implements ListedAttack<Universal> {
  private static final double MOST = 1000;

  /** The registry's line. */
  public static final AttackSpec<Universal> SPEC =
      new AttackSpec<>(
          "uap",
          "one perturbation for all samples, by ascent on the sum of their clipped losses",
          AttackSpec.BALLS,
          "Moosavi-Dezfooli et al. 2017; Shafahi et al. 2020, section 3; Liu et al. 2023 (SGA)",
          steps(40),
          List.of(
              Knobs.steps(Universal::steps, Universal::withSteps),
              Knobs.count(
                  "group",
                  "samples per step within a pass over all, at least 1",
                  Universal::group,
                  Universal::group),
              Knobs.number(
                  "relative_step",
                  "length of a step as a part of epsilon",
                  0,
                  1,
                  Universal::relativeStep,
                  Universal::relativeStep),
              Knobs.number(
                  "clip",
                  "margin in logits beyond which a sample counts no more",
                  0,
                  MOST,
                  Universal::clip,
                  Universal::clip)));

  public Universal {
    require("steps", "a whole number of at least 1", steps >= 1, steps);
    require("group", "a whole number of at least 1", group >= 1, group);
    require(
        "relative_step", "a part in (0, 1]", relativeStep > 0 && relativeStep <= 1, relativeStep);
    require("clip", "a margin of at least 0", clip >= 0, clip);
  }

  private static void require(String field, String expected, boolean holds, Number found) {
    if (!holds) {
      throw new InvalidInputException("attack uap", field, expected, found.toString());
    }
  }

  /** With groups of 64, steps of a tenth of epsilon, and margins clipped at 2. */
  public static Universal steps(int number) {
    return new Universal(number, 64, 0.1, 2);
  }

  private Universal withSteps(int number) {
    return new Universal(number, group, relativeStep, clip);
  }

  public Universal group(int samples) {
    return new Universal(steps, samples, relativeStep, clip);
  }

  public Universal relativeStep(double part) {
    return new Universal(steps, group, part, clip);
  }

  public Universal clip(double margin) {
    return new Universal(steps, group, relativeStep, margin);
  }

  @Override
  public AttackSpec<Universal> spec() {
    return SPEC;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public SampleScope scope() {
    return SampleScope.UNIVERSAL;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    if (threat.members().size() > 1) {
      throw new InvalidInputException(
          "attack " + key(), "", "one ball, not a union", threat.set().key());
    }
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Tensor clean = task.region().clean(); // [n, ...]
    Tensor delta = clean.slice(0, 0, 1).mul(0); // [1, ...]
    Region ball = around(task, delta);
    int[] order = order(task);
    for (int step = 0; step < steps && task.queriesLeft() > 0; step++) {
      try (Scope scope = Scope.open()) {
        Tensor x = moved(task, delta); // [n, ...]
        InputGradients.Pass pass = task.ascend(x, Losses.CW, 1);
        double[] margins = Losses.CW.value(pass.logits(), task.reference()).toDoubles(); // [n]
        for (int from = 0; from < order.length; from += group) {
          int[] some = Arrays.copyOfRange(order, from, Math.min(order.length, from + group));
          Tensor gathered = gathered(pass.gradient(), some, margins); // [1, ...]
          ball.step(delta, gathered, relativeStep * some.length / order.length);
        }
      }
    }
    return moved(task, delta);
  }

  /** Changes of any sign: the ball around nothing, in a domain that does not cut them. */
  private static Region around(AttackTask task, Tensor delta) {
    double width = task.threat().domain().width();
    return ((Additive) task.threat().set()).around(delta.clone(), new Domain(-width, width));
  }

  /** By a lot that each sample draws, so that the order in which they come does not matter. */
  private static int[] order(AttackTask task) {
    long[] lots = task.seeds().stream().mapToLong(seed -> seed.split("order").bits()).toArray();
    return IntStream.range(0, lots.length)
        .boxed()
        .sorted(Comparator.comparingLong(i -> lots[i]))
        .mapToInt(i -> i)
        .toArray();
  }

  private static Tensor moved(AttackTask task, Tensor delta) {
    Domain domain = task.threat().domain();
    return task.region().clean().add(delta).clampInPlace(domain.low(), domain.high());
  }

  /** The sum of the gradients of those whose margin is not beyond the clip, {@code [1, ...]}. */
  private Tensor gathered(Tensor gradient, int[] some, double[] margins) {
    boolean[] counts = new boolean[some.length];
    for (int i = 0; i < some.length; i++) {
      counts[i] = margins[some[i]] < clip;
    }
    long[] shape = new long[gradient.rank()];
    Arrays.fill(shape, 1);
    shape[0] = some.length;
    long[] positions = Arrays.stream(some).asLongStream().toArray();
    Tensor rows =
        gradient.indexSelect(0, Tensors.of(positions, positions.length).to(gradient.device()));
    Tensor weights = Tensors.of(counts, shape).to(gradient.device()).to(DType.FLOAT32);
    return rows.mul(weights).sumKeep(0); // [1, ...]
  }
}
