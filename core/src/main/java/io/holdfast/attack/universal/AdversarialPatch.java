package io.holdfast.attack.universal;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.SquarePatch;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A patch made to work wherever and however it is pasted: ascent on the expected loss over random
 * places, angles and scales (Brown et al. 2017, section 2; EOT, Athalye et al. 2018, section 2.1),
 * by steps along the gradient's sign that shrink linearly to 0. Towards a target where the goal has
 * one.
 *
 * <p>There are two lines. {@link #ALL} makes one patch for all samples of a chunk, as the paper
 * does: those that it is made for are those it is judged on, unless it is {@linkplain
 * KeptPerturbation kept}. {@link #EACH} makes one for each sample, which leaves as soon as the
 * patch fools the model at some place.
 *
 * <p>In the end the patch is pasted in full size at {@code tries} random places and angles per
 * sample; the one that comes nearest to the goal is judged.
 *
 * @param scope for all samples, or for each
 * @param steps at least 1
 * @param eot placements averaged per step and sample, at least 1
 * @param relativeStep length of the first step as a part of the domain's width, in (0, 1]
 * @param poses how patches are placed
 * @param tries placements of the finished patch, at least 1
 * @param loss what is maximised
 * @param restarts rounds on samples that still stand, at least 1; for all samples 1
 */
public record AdversarialPatch(
    SampleScope scope,
    int steps,
    int eot,
    double relativeStep,
    Poses poses,
    int tries,
    Losses loss,
    int restarts)
    implements ListedAttack<AdversarialPatch>, UniversalAttack {
  private static final List<Knob<AdversarialPatch>> SHARED = knobs();

  /** The registry's line of one patch for all samples. */
  public static final AttackSpec<AdversarialPatch> ALL =
      new AttackSpec<>(
          "adversarial-patch",
          "one patch for all samples that survives random places, angles and scales",
          List.of(SquarePatch.NAME),
          "Brown et al. 2017, section 2",
          all(100),
          SHARED);

  /** The registry's line of one patch for each sample. */
  public static final AttackSpec<AdversarialPatch> EACH =
      new AttackSpec<>(
          "eot-patch",
          "a patch for each sample that works at random places",
          List.of(SquarePatch.NAME),
          "Athalye et al. 2018, section 2.1; Brown et al. 2017, section 2",
          each(100),
          withRestarts());

  public AdversarialPatch {
    String name = scope == SampleScope.UNIVERSAL ? "adversarial-patch" : "eot-patch";
    require(name, "steps", "a whole number of at least 1", steps >= 1, steps);
    require(name, "eot", "a whole number of at least 1", eot >= 1, eot);
    require(name, "tries", "a whole number of at least 1", tries >= 1, tries);
    boolean part = relativeStep > 0 && relativeStep <= 1;
    require(name, "relative_step", "a part in (0, 1]", part, relativeStep);
    int most = scope == SampleScope.UNIVERSAL ? 1 : Integer.MAX_VALUE;
    require(name, "restarts", "from 1 to " + most, restarts >= 1 && restarts <= most, restarts);
  }

  private static void require(
      String name, String field, String expected, boolean holds, Number found) {
    if (!holds) {
      throw new InvalidInputException("attack " + name, field, expected, found.toString());
    }
  }

  /** One disc for all samples, of the poses of Brown et al.'s program. */
  public static AdversarialPatch all(int steps) {
    return new AdversarialPatch(
        SampleScope.UNIVERSAL, steps, 1, 0.05, Poses.STANDARD, 10, Losses.CE, 1);
  }

  /** A square for each sample, upright, anywhere. */
  public static AdversarialPatch each(int steps) {
    return new AdversarialPatch(
        SampleScope.PER_SAMPLE, steps, 1, 0.05, Poses.PLACES, 10, Losses.CE, 1);
  }

  private static List<Knob<AdversarialPatch>> knobs() {
    List<Knob<AdversarialPatch>> all = new ArrayList<>();
    all.add(Knobs.steps(AdversarialPatch::steps, AdversarialPatch::withSteps));
    all.add(
        Knobs.count(
            "eot",
            "placements averaged per step and sample, at least 1",
            AdversarialPatch::eot,
            AdversarialPatch::eot));
    all.add(
        Knobs.number(
            "relative_step",
            "length of the first step as a part of the domain's width",
            0.0001,
            1,
            AdversarialPatch::relativeStep,
            AdversarialPatch::relativeStep));
    Poses.knobs()
        .forEach(k -> all.add(Knobs.of(AdversarialPatch::poses, AdversarialPatch::with, k)));
    all.add(
        Knobs.count(
            "tries",
            "random placements of the finished patch, of which the best counts, at least 1",
            AdversarialPatch::tries,
            AdversarialPatch::tries));
    all.add(Knobs.loss(AdversarialPatch::loss, AdversarialPatch::loss));
    return List.copyOf(all);
  }

  private static List<Knob<AdversarialPatch>> withRestarts() {
    List<Knob<AdversarialPatch>> all = new ArrayList<>(SHARED);
    all.add(1, Knobs.restarts(AdversarialPatch::restarts));
    return all;
  }

  private AdversarialPatch withSteps(int number) {
    return Records.with(this, "steps", number);
  }

  public AdversarialPatch eot(int placements) {
    return Records.with(this, "eot", placements);
  }

  public AdversarialPatch relativeStep(double part) {
    return Records.with(this, "relativeStep", part);
  }

  public AdversarialPatch with(Poses other) {
    return Records.with(this, "poses", other);
  }

  public AdversarialPatch tries(int number) {
    return Records.with(this, "tries", number);
  }

  public AdversarialPatch loss(Losses other) {
    return Records.with(this, "loss", other);
  }

  public AdversarialPatch restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  @Override
  public AttackSpec<AdversarialPatch> spec() {
    return scope == SampleScope.UNIVERSAL ? ALL : EACH;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    if (scope == SampleScope.UNIVERSAL && threat.members().size() > 1) {
      throw new InvalidInputException(
          "attack " + key(), "", "one patch, not a union", threat.set().key());
    }
    int least = loss.minClasses(threat.goal().targeted());
    if (classes < least) {
      throw new InvalidInputException(
          "attack " + key(), "loss", "a model of at least " + least + " classes", "" + classes);
    }
  }

  /** A patch {@code [1, C, h, w]} for all samples, or one for each that stays in the task. */
  @Override
  public Tensor perturbation(AttackTask task) {
    return new PatchSearch(this, task).search();
  }

  /** In full size, at the one of {@code tries} random places that comes nearest to the goal. */
  @Override
  public Tensor applied(AttackTask task, Tensor perturbation) {
    return new PatchSearch(this, task, perturbation).place();
  }

  @Override
  public Knowledge needsToApply() {
    return tries == 1 ? Knowledge.DECISION : Knowledge.SCORE;
  }

  @Override
  public void checkPerturbation(long[] perturbation, long[] input) {
    boolean fits = input.length == 3 && perturbation.length == 4 && perturbation[1] == input[0];
    if (!fits || perturbation[2] > input[1] || perturbation[3] > input[2]) {
      throw new InvalidInputException(
          "attack " + key(),
          "perturbation",
          "a patch within images " + Arrays.toString(input),
          Arrays.toString(perturbation));
    }
  }
}
