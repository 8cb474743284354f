package io.holdfast.attack.universal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
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
 * 2023, SGA, section 3.2). Towards a target where the goal has one; with {@link Aim#EACH} one is
 * made towards each class in turn (a targeted universal perturbation: Hirano and Takemoto 2020,
 * section 2, by the ascent of here), and the one that fells most is taken. The samples that it is
 * made for are those it is judged on, those of one chunk together: an attacker who knows them all.
 * Samples that it leaves as they are cost as much as the others.
 *
 * @param steps over all samples, at least 1
 * @param group samples whose gradients are gathered for a step within one pass over all, at least 1
 * @param relativeStep length of a step as a part of epsilon, in (0, 1]
 * @param clip margin in logits beyond which a sample counts no more, at least 0
 * @param aim where the perturbation steers
 */
public record Universal(int steps, int group, double relativeStep, double clip, Aim aim)
    implements ListedAttack<Universal> {
  private static final double MOST = 1000;
  private static final int NO_CLASS = -1;

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
                  Universal::clip),
              Knobs.choice(
                  "targets",
                  "classes steered to: goal, or each in turn, of which the strongest is taken",
                  Universal::aim,
                  Universal::aim)));

  /** Where the perturbation steers. */
  public enum Aim {
    /** Where the goal says. */
    GOAL,
    /** Towards each class in turn, at the cost of all; as {@link #GOAL} where that wants one. */
    EACH
  }

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
    return new Universal(number, 64, 0.1, 2, Aim.GOAL);
  }

  private Universal withSteps(int number) {
    return Records.with(this, "steps", number);
  }

  public Universal group(int samples) {
    return Records.with(this, "group", samples);
  }

  public Universal relativeStep(double part) {
    return Records.with(this, "relativeStep", part);
  }

  public Universal clip(double margin) {
    return Records.with(this, "clip", margin);
  }

  public Universal aim(Aim where) {
    return Records.with(this, "aim", where);
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
    if (aim == Aim.GOAL || task.threat().goal().targeted()) {
      return moved(task, made(task, NO_CLASS));
    }
    Tensor best = task.region().clean(); // [n, ...]
    int most = -1;
    for (int wanted = 0; wanted < task.classes() && task.queriesLeft() > 1; wanted++) {
      Tensor x = moved(task, made(task, wanted)); // [n, ...]
      int fell = fallen(task, x);
      best = fell > most ? x : best;
      most = Math.max(most, fell);
    }
    return best;
  }

  private static int fallen(AttackTask task, Tensor x) {
    try (Scope scope = Scope.open()) {
      int[] all = IntStream.range(0, task.size()).toArray();
      boolean[] reached = task.reached(task.logits(x), all);
      return (int) Arrays.stream(all).filter(i -> reached[i]).count();
    }
  }

  /**
   * One perturbation, {@code [1, ...]}.
   *
   * @param wanted the class that it steers to, or {@link #NO_CLASS} for what the goal says
   */
  private Tensor made(AttackTask task, int wanted) {
    Tensor delta = task.region().clean().slice(0, 0, 1).mul(0); // [1, ...]
    Region ball = around(task, delta);
    int[] order = order(task);
    long[] labels = task.reference().labels().toLongs();
    Loss loss = wanted == NO_CLASS ? Losses.CW : new Towards(wanted);
    int spare = wanted == NO_CLASS ? 0 : 1; // queries for the look at what it fells
    for (int step = 0; step < steps && task.queriesLeft() > spare; step++) {
      try (Scope scope = Scope.open()) {
        Tensor x = moved(task, delta); // [n, ...]
        InputGradients.Pass pass = task.ascend(x, loss, 1);
        double[] margins = loss.value(pass.logits(), task.reference()).toDoubles(); // [n]
        boolean[] counts = new boolean[margins.length];
        for (int i = 0; i < counts.length; i++) {
          counts[i] = margins[i] < clip && labels[i] != wanted;
        }
        for (int from = 0; from < order.length; from += group) {
          int[] some = Arrays.copyOfRange(order, from, Math.min(order.length, from + group));
          Tensor gathered = gathered(pass.gradient(), some, counts); // [1, ...]
          ball.step(delta, gathered, relativeStep * some.length / order.length);
        }
      }
    }
    return delta;
  }

  /** The margin of one class over all others. */
  private record Towards(int wanted) implements Loss {
    @Override
    public String key() {
      return Losses.CW.key();
    }

    @Override
    public Tensor value(Tensor logits, Reference reference) {
      return Losses.CW.value(logits, towards(reference)); // [N]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference reference) {
      return Losses.CW.cotangent(logits, towards(reference)); // [N, K]
    }

    private Reference towards(Reference reference) {
      Tensor labels = reference.labels(); // [N]
      long[] targets = new long[(int) labels.size(0)];
      Arrays.fill(targets, wanted);
      return Reference.targets(labels, Tensors.of(targets, targets.length).to(labels.device()));
    }
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

  /** The sum of the gradients of those that count, {@code [1, ...]}. */
  private static Tensor gathered(Tensor gradient, int[] some, boolean[] counts) {
    boolean[] chosen = new boolean[some.length];
    for (int i = 0; i < some.length; i++) {
      chosen[i] = counts[some[i]];
    }
    long[] shape = new long[gradient.rank()];
    Arrays.fill(shape, 1);
    shape[0] = some.length;
    long[] positions = Arrays.stream(some).asLongStream().toArray();
    Tensor rows =
        gradient.indexSelect(0, Tensors.of(positions, positions.length).to(gradient.device()));
    Tensor weights = Tensors.of(chosen, shape).to(gradient.device()).to(DType.FLOAT32);
    return rows.mul(weights).sumKeep(0); // [1, ...]
  }
}
