package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Starts;
import io.holdfast.attack.Targeting;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Auto-PGD: projected gradient steps that choose their own length (Croce and Hein 2020, section 3),
 * in L1 also their own sparsity, with the first 3/10 of the steps in the ball of three times the
 * radius, as many in that of twice the radius (Croce and Hein 2021, section 4). Defaults are those
 * of AutoAttack's standard version.
 *
 * <p>A sample falls as soon as any point of the ball reaches the goal. Of the others the point of
 * highest loss is judged.
 *
 * @param kind which of the three
 * @param steps at least 1
 * @param ownRestarts rounds on samples that still stand; by default 1, in L1 5 but for {@link
 *     Kind#T}
 * @param rho share of steps that must raise the loss for the step length to stay, in [0, 1];
 *     outside of L1
 * @param eot passes per step whose gradients are averaged, for models that draw random numbers
 * @param loss what is maximised; needs three classes where it is {@code dlr}
 * @param ownTargets of {@link Kind#T}: how many of the likeliest wrong classes are tried; by
 *     default 9, in L1 5; at most all
 * @param shrink in L1, whether to begin in the larger balls; else every step is in the ball itself
 *     and the first steps move a fifth of the components, as in the authors' program
 */
public record Apgd(
    Kind kind,
    int steps,
    OptionalInt ownRestarts,
    double rho,
    int eot,
    Losses loss,
    OptionalInt ownTargets,
    boolean shrink)
    implements ListedAttack<Apgd> {
  private static final double RHO = 0.75;

  /** The registry's line of {@link Kind#CE}. */
  public static final AttackSpec<Apgd> CE =
      line(Kind.CE, "Auto-PGD on cross-entropy: steps choose their own length", false);

  /** The registry's line of {@link Kind#DLR}. */
  public static final AttackSpec<Apgd> DLR =
      line(Kind.DLR, "Auto-PGD on the difference of logits ratio", false);

  /** The registry's line of {@link Kind#T}. */
  public static final AttackSpec<Apgd> T =
      line(Kind.T, "Auto-PGD towards each of the likeliest wrong classes in turn", true);

  /** Which of the three. */
  public enum Kind {
    /** Away from the label by cross-entropy. */
    CE,
    /** Away from the label by the difference of logits ratio. */
    DLR,
    /** Towards the likeliest wrong classes in turn, by the targeted difference of logits ratio. */
    T
  }

  public Apgd {
    GradientChecks.requirePositive(name(kind), "steps", steps);
    GradientChecks.requirePositive(name(kind), "restarts", ownRestarts.orElse(1));
    GradientChecks.requirePositive(name(kind), "eot", eot);
    GradientChecks.requirePositive(name(kind), "targets", ownTargets.orElse(1));
    if (!(rho >= 0 && rho <= 1)) {
      throw new InvalidInputException(
          "attack " + name(kind), "rho", "a share in [0, 1]", Double.toString(rho));
    }
  }

  private static String name(Kind kind) {
    return "apgd-" + kind.name().toLowerCase(Locale.ROOT);
  }

  /** With AutoAttack's defaults. */
  public static Apgd of(Kind kind) {
    Losses loss = kind == Kind.CE ? Losses.CE : Losses.DLR;
    return new Apgd(kind, 100, OptionalInt.empty(), RHO, 1, loss, OptionalInt.empty(), true);
  }

  private static AttackSpec<Apgd> line(Kind kind, String summary, boolean targeted) {
    List<Knob<Apgd>> knobs = new ArrayList<>();
    knobs.add(Knobs.count("steps", "steps per round, at least 1", Apgd::steps, Apgd::steps));
    knobs.add(
        Knobs.ownCount(
            "restarts",
            targeted ? "1" : "1, in L1 5",
            "rounds on samples that still stand, at least 1",
            Apgd::ownRestarts,
            Apgd::restarts));
    knobs.add(
        Knobs.share("rho", "share of rising steps that keeps their length", Apgd::rho, Apgd::rho));
    knobs.add(
        Knobs.count("eot", "passes averaged per step, for random models", Apgd::eot, Apgd::eot));
    knobs.add(
        Knobs.flag(
            "shrink",
            "in L1, whether to begin in a ball of three times epsilon",
            Apgd::shrink,
            Apgd::shrink));
    if (targeted) {
      knobs.add(
          Knobs.ownCount(
              "targets",
              "9, in L1 5",
              "how many of the likeliest wrong classes are tried",
              Apgd::ownTargets,
              Apgd::targets));
      knobs.add(Knobs.loss(Apgd::loss, Apgd::loss));
    }
    return new AttackSpec<>(
        name(kind),
        summary,
        AttackSpec.BALLS,
        "Croce and Hein 2020, section 3; for L1 Croce and Hein 2021, section 4",
        of(kind),
        knobs);
  }

  public Apgd steps(int number) {
    return Records.with(this, "steps", number);
  }

  public Apgd restarts(int number) {
    return Records.with(this, "ownRestarts", OptionalInt.of(number));
  }

  public Apgd rho(double share) {
    return Records.with(this, "rho", share);
  }

  public Apgd eot(int passes) {
    return Records.with(this, "eot", passes);
  }

  public Apgd shrink(boolean larger) {
    return Records.with(this, "shrink", larger);
  }

  public Apgd loss(Losses newLoss) {
    return Records.with(this, "loss", newLoss);
  }

  public Apgd targets(int classes) {
    return Records.with(this, "ownTargets", OptionalInt.of(classes));
  }

  @Override
  public AttackSpec<Apgd> spec() {
    return switch (kind) {
      case CE -> CE;
      case DLR -> DLR;
      case T -> T;
    };
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public Targeting targeting() {
    return kind == Kind.T ? Targeting.ALL : Targeting.GOAL;
  }

  @Override
  public int restarts(ThreatModel threat) {
    return ownRestarts.orElse(kind != Kind.T && inL1(threat) ? 5 : 1);
  }

  @Override
  public int mostTargets(ThreatModel threat) {
    return ownTargets.orElse(inL1(threat) ? 5 : 9);
  }

  private static boolean inL1(ThreatModel threat) {
    return threat.set() instanceof Additive ball && ball.norm() == Norm.L1;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    if (!shrink && threat.members().stream().noneMatch(Apgd::inL1)) {
      throw new InvalidInputException(
          "attack " + key(), "shrink", "nothing, which is all it does outside of l1", "false");
    }
    if (rho != RHO && threat.members().stream().allMatch(Apgd::inL1)) {
      throw new InvalidInputException(
          "attack " + key(), "rho", "nothing, which is all it does in l1", Double.toString(rho));
    }
    GradientChecks.requireClasses(key(), loss, targeted(threat), classes);
  }

  @Override
  public int publishedClasses(ThreatModel threat) {
    return loss.publishedClasses(targeted(threat));
  }

  private boolean targeted(ThreatModel threat) {
    return threat.goal().targeted() || kind == Kind.T;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    return inL1(task.threat()) ? sparse(task) : straight(task);
  }

  /** From a random point of the ball; the first step may cross it. */
  private Tensor straight(AttackTask task) {
    Additive ball = (Additive) task.threat().set();
    Tensor start = Start.UNIFORM.of(task.region(), task.seeds()); // [n, ...]
    Stride stride =
        new HalvingStride(
            ball.norm(), task.size(), () -> new Halving(steps, rho, 2 * ball.epsilon()));
    return new AutoAscent(task, task.region(), start, loss, eot, stride).climb(steps);
  }

  /** From a random point of a larger ball, which shrinks to the right size, or of the ball. */
  private Tensor sparse(AttackTask task) {
    Additive ball = (Additive) task.threat().set();
    Domain domain = task.threat().domain();
    if (!shrink) {
      Tensor start = Starts.normal(task.region(), task.seeds(), domain.width()); // [n, ...]
      Stride stride = SparseStride.anew(task.region(), ball.epsilon(), start, steps);
      return new AutoAscent(task, task.region(), start, loss, eot, stride).climb(steps);
    }
    int early = steps * 3 / 10;
    Region wide = ball.scaled(3).around(task.region().clean(), domain);
    Region middle = ball.scaled(2).around(task.region().clean(), domain);
    Tensor start = Starts.normal(wide, task.seeds(), domain.width()); // [n, ...]
    Tensor first = sparse(task, wide, 3 * ball.epsilon(), start, early);
    Tensor second = sparse(task, middle, 2 * ball.epsilon(), first, early);
    return sparse(task, task.region(), ball.epsilon(), second, steps - 2 * early);
  }

  private Tensor sparse(AttackTask task, Region region, double radius, Tensor from, int number) {
    if (number == 0) {
      return from;
    }
    region.project(from);
    Stride stride = SparseStride.from(region, radius, from, number);
    return new AutoAscent(task, region, from, loss, eot, stride).climb(number);
  }
}
