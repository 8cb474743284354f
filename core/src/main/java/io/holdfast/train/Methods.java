package io.holdfast.train;

import io.holdfast.attack.SearchRule;
import io.holdfast.common.Format;
import io.holdfast.common.Problems;
import io.holdfast.common.Records;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run does beyond the plain loop; {@link #NONE} changes nothing, to the last bit.
 *
 * @param perturbation of the weights at which each step takes its gradient, or null
 * @param swa the mean of the last weights, or null
 * @param guard that looks for catastrophic overfitting, or null
 * @param selection of samples that are drawn more often and attacked harder, or null
 * @param advance of curricula by accuracy, or null for progress by time
 * @param warmStart MiB for the perturbations of the last epoch, from which searches go on; 0 for
 *     none
 * @param gradAlign weight of the term that aligns input gradients ({@link
 *     io.holdfast.train.objective.GradAlign}), at least 0; 0 for none
 * @param pairs of samples that become one, or null
 * @param generalist a second expert for clean inputs and the mixture of both, or null
 * @param resizing of the images over training's progress, or null
 * @param lowRank that few numbers are trained, or null for all
 * @param slowed layers that are trained at a part of the learning rate, or null
 */
public record Methods(
    @Nullable WeightPerturbation perturbation,
    @Nullable Swa swa,
    @Nullable OverfittingGuard guard,
    @Nullable Selection selection,
    @Nullable Advance advance,
    int warmStart,
    double gradAlign,
    @Nullable Pairs pairs,
    @Nullable Generalist generalist,
    @Nullable Resizing resizing,
    @Nullable LowRank lowRank,
    @Nullable Slowed slowed) {
  /** The plain loop. */
  public static final Methods NONE =
      new Methods(null, null, null, null, null, 0, 0, null, null, null, null, null);

  /**
   * Reads the keys of the section {@code train} that belong here.
   *
   * @param curriculum the section of that name in it
   */
  static Methods read(SettingsReader train, SettingsReader curriculum) {
    return new Methods(
        WeightPerturbation.read(train, "weight_perturbation"),
        Swa.read(train),
        OverfittingGuard.read(train),
        null, // which may need a ledger, see SampleChoice
        Advance.read(curriculum),
        train.integer("warm_start", 0, 0, 2047),
        train.number("grad_align", 0, 0, 1e6),
        Pairs.read(train),
        Generalist.read(train),
        Resizing.read(curriculum),
        LowRank.read(train),
        null); // which needs a model, see LayerChoice
  }

  /** The same with gradients taken elsewhere. */
  public Methods with(@Nullable WeightPerturbation other) {
    return Records.with(this, "perturbation", other);
  }

  /** The same with another averaging. */
  public Methods with(@Nullable Swa other) {
    return Records.with(this, "swa", other);
  }

  /** The same with another guard. */
  public Methods with(@Nullable OverfittingGuard other) {
    return Records.with(this, "guard", other);
  }

  /** The same with another choice of samples. */
  public Methods with(@Nullable Selection other) {
    return Records.with(this, "selection", other);
  }

  /** The same with other progress of curricula. */
  public Methods with(@Nullable Advance other) {
    return Records.with(this, "advance", other);
  }

  /** The same with samples that are made of two. */
  public Methods with(@Nullable Pairs other) {
    return Records.with(this, "pairs", other);
  }

  /** The same with an expert for clean inputs. */
  public Methods with(@Nullable Generalist other) {
    return Records.with(this, "generalist", other);
  }

  /** The same with images of other sizes. */
  public Methods with(@Nullable Resizing other) {
    return Records.with(this, "resizing", other);
  }

  /** The same with fewer numbers that are trained. */
  public Methods with(@Nullable LowRank other) {
    return Records.with(this, "lowRank", other);
  }

  /** The same with layers that are trained gently. */
  public Methods with(@Nullable Slowed other) {
    return Records.with(this, "slowed", other);
  }

  /** The same with so many MiB for the perturbations of the last epoch. */
  public Methods withWarmStart(int mebibytes) {
    return Records.with(this, "warmStart", mebibytes);
  }

  /** The same with another weight of the term that aligns input gradients. */
  public Methods withGradAlign(double weight) {
    return Records.with(this, "gradAlign", weight);
  }

  /** Adds what keeps a run from doing so. */
  void check(TrainJob job, Problems problems) {
    ThreatModel threat = job.threat();
    if (pairs != null) {
      pairs.check(job, problems);
    }
    if (resizing != null) {
      resizing.check(job, problems);
    }
    if (generalist != null && !job.settings().objective().adversarial()) {
      problems.add(
          "train.generalist",
          "an objective with adversarial examples for the robust expert",
          job.settings().objective().name());
    }
    if (generalist != null && job.settings().objective().trainsBeside()) {
      problems.add(
          "train.generalist",
          "an objective that trains no network beside: its expert is one",
          job.settings().objective().name());
    }
    if (generalist != null && lowRank != null) {
      problems.add(
          "train.lora",
          "training without train.generalist, whose experts go on from a mixture of both",
          "both");
    }
    if (lowRank != null && slowed != null) {
      problems.add(
          "train.layers.others",
          "0 beside train.lora, whose factors are trained at one rate",
          Format.number(slowed.factor()));
    }
    if (lowRank != null && job.settings().objective().trainsBeside()) {
      problems.add(
          "train.lora",
          "an objective that trains no network beside: it would have all of its weights",
          job.settings().objective().name());
    }
    if (gradAlign > 0 && threat == null) {
      problems.add("threat", "a threat model for train.grad_align", "none");
    }
    if (gradAlign > 0) {
      ObjectiveChecks.requireTwice(job, "train.grad_align", "train.grad_align", problems);
    }
    if (guard != null && threat == null) {
      problems.add("threat", "a threat model for train.catastrophic_overfitting", "none");
    }
    if (guard != null && !job.settings().objective().tellsRobust()) {
      problems.add(
          "train.catastrophic_overfitting",
          "an objective that predicts adversarial examples, by which it is judged",
          job.settings().objective().name());
    }
    if (guard != null && (job.validation() == null || job.validation().size() == 0)) {
      problems.add(
          "data.validation",
          "held-out samples, on which catastrophic overfitting is looked for",
          "none",
          "set data.validation to a share such as 0.05");
    }
    if (measures()) {
      checkMeasured(job, problems);
    }
    if (advance != null) {
      Validator.require(job, "by which train.curriculum.advance goes", null, problems);
    }
    if (advance != null && threat == null) {
      problems.add("threat", "a threat model for train.curriculum.advance", "none");
    }
    if (advance != null && nothingGoesBy(job)) {
      problems.add(
          "train.curriculum.advance",
          "a curriculum of epsilon or steps, or a mix, that changes: what goes by accuracy",
          "constant ones");
    }
    if (lowRank != null && job.network().trainable().stream().noneMatch(lowRank::fits)) {
      problems.add(
          "train.lora",
          "a rank so small that some layer has fewer numbers by it",
          Integer.toString(lowRank.rank()));
    }
    boolean free = job.inner().rule() instanceof SearchRule.Free;
    if (free && threat != null && !(threat.set() instanceof Additive)) {
      problems.add(
          "train.attack",
          "a search that fits the threat model; free takes one ball",
          threat.set().key());
    }
    boolean warm = isBalls(threat) && threat != null && threat.members().size() == 1;
    if (warmStart > 0 && !(warm && job.inner().rule() instanceof SearchRule.Projected)) {
      problems.add(
          "train.warm_start",
          "0, or attack: pgd (fgsm, r-fgsm) within one ball",
          warmStart
              + " with "
              + job.inner().rule().key()
              + (threat == null ? " and no threat model" : " within " + threat.set().key()));
    }
    Objective objective = job.settings().objective();
    if (warmStart > 0 && (!objective.adversarial() || objective.ownSearch())) {
      problems.add(
          "train.warm_start",
          "0, or an objective that goes by the one search of train.attack",
          warmStart + " with " + objective.name());
    }
    if (warmStart > 0 && !job.augmentation().places()) {
      problems.add(
          "train.warm_start",
          "0, or augment with flip, pad-crop, cutout, colour-jitter alone, which tell where pixels go",
          warmStart + " with " + job.augmentation());
    }
    boolean noisy = job.inner().rule() instanceof SearchRule.Noisy;
    if (noisy && threat != null && !takesNoise(threat)) {
      problems.add(
          "train.attack",
          "a search that fits the threat model; n-fgsm takes balls, but not l1, to whose single"
              + " steps training overfits",
          threat.set().key());
    }
  }

  private static boolean nothingGoesBy(TrainJob job) {
    TrainSettings settings = job.settings();
    LibraryFeed library = job.library();
    return settings.radius().isConstant()
        && settings.steps().isConstant()
        && settings.cleanShare().isConstant()
        && (library == null || library.mix().isConstant());
  }

  /** Whether validations say what is weak. */
  boolean measures() {
    return selection != null && selection.measured();
  }

  private static void checkMeasured(TrainJob job, Problems problems) {
    Validator.require(
        job,
        "by which train.samples.measured finds what is weak",
        "set data.validation to a share such as 0.05",
        problems);
    if (job.settings().epochs() == 1) {
      problems.add(
          "train.samples",
          "more than one epoch beside measured: what a validation finds weak is drawn more often"
              + " in the next one",
          "train.epochs: 1");
    }
    if (job.inner().rule() instanceof SearchRule.Free) {
      problems.add(
          "train.samples",
          "a search that takes each batch once beside measured, which changes the order of samples"
              + " between epochs",
          "attack: free");
    }
  }

  /** Whether {@code n-fgsm} fits a threat model. */
  static boolean takesNoise(@Nullable ThreatModel threat) {
    return isBalls(threat)
        && threat != null
        && threat.members().stream()
            .noneMatch(member -> member.set() instanceof Additive a && a.norm() == Norm.L1);
  }

  /** Whether a threat model is a ball, or a union of balls. */
  static boolean isBalls(@Nullable ThreatModel threat) {
    return threat != null
        && threat.members().stream().allMatch(member -> member.set() instanceof Additive);
  }

  /** What of it makes runs equal, by name; nothing for {@link #NONE}. */
  Map<String, Object> recipe() {
    Map<String, Object> recipe = new LinkedHashMap<>();
    put(recipe, "train.weight_perturbation", perturbation);
    put(recipe, "train.swa", swa);
    put(recipe, "train.catastrophic_overfitting", guard);
    put(recipe, "train.samples", selection);
    put(recipe, "train.curriculum.advance", advance);
    put(recipe, "train.warm_start", warmStart == 0 ? null : warmStart);
    put(recipe, "train.grad_align", gradAlign == 0 ? null : gradAlign);
    put(recipe, "train.pairs", pairs);
    put(recipe, "train.generalist", generalist);
    put(recipe, "train.curriculum.side", resizing);
    put(recipe, "train.lora", lowRank);
    put(recipe, "train.layers", slowed);
    return recipe;
  }

  private static void put(Map<String, Object> recipe, String key, @Nullable Object value) {
    if (value != null) {
      recipe.put(key, value);
    }
  }
}
