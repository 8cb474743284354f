package io.holdfast.train;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.record.SeenAttacks;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Objectives;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the recorded configuration of a model says of the attacks in its training: the section
 * {@code train}, or the stages up to the one that made it, and for a model that began with the
 * weights of others, or is made of them, {@code start_trained_on}, which {@link #withStart} adds.
 */
public final class TrainingRecord {
  private static final String START = "start_trained_on";
  private static final String FROM = "start";
  private static final String ATTACKS = "attacks";
  private static final String COMPLETE = "complete";
  private static final String STAGES = "stages";

  /** Which stage a model is of that is not the last one's. */
  public static final String STAGE = "stage";

  private static final String TRAIN = "train";

  /** What a program's training says of its objective. */
  public static final String SEARCHES = "searches";

  /** Whether saved examples count by their perturbed inputs; of a program alone. */
  public static final String TAKES = "takes_perturbed";

  /** What a stage says that is no key of {@code train}. */
  private static final String[] OF_STAGE = {Settings.NAME, FROM, "name_map", "freeze", START};

  private TrainingRecord() {}

  /**
   * What a model has seen. Where its provenance tells of no training nothing more is known than
   * that a hardened one has met the standard search.
   */
  public static SeenAttacks of(Bundle bundle) {
    return of(bundle.provenance(), bundle.threat() != null);
  }

  /**
   * As {@link #of(Bundle)}.
   *
   * @param hardened whether the objective of training had an adversary
   */
  public static SeenAttacks of(Provenance origin, boolean hardened) {
    Settings configuration = Settings.of(origin.configuration());
    SettingsReader r = reader(configuration);
    if (r.has(STAGES)) {
      return ofStages(configuration, r, start(origin, r));
    }
    if (r.isSection(TRAIN)) {
      return start(origin, r).and(SeenAttacks.all(seen(r.section(TRAIN), hardened)));
    }
    return r.section("model").isSection(START)
        ? start(origin, r)
        : new SeenAttacks(seen(r.section(TRAIN), hardened), false);
  }

  /**
   * What the model of a stage has seen, which is the last one unless {@link #STAGE} names another:
   * what that stage began with, and so on back to the first.
   */
  private static SeenAttacks ofStages(
      Settings configuration, SettingsReader whole, SeenAttacks first) {
    String own = whole.textOrNull(STAGE);
    Map<String, SeenAttacks> known = new LinkedHashMap<>();
    SeenAttacks now = first;
    for (SettingsReader stage : whole.sections(STAGES)) {
      String name = stage.text(Settings.NAME, stageName(known.size()));
      if (stage.isSection(START)) {
        now = started(stage.section(START));
      } else if (stage.has(FROM)) {
        now = known.getOrDefault(stage.text(FROM), SeenAttacks.UNKNOWN);
      }
      now = now.and(ofStage(configuration, stage));
      known.put(name, now);
      if (name.equals(own)) {
        break;
      }
    }
    return now;
  }

  private static SettingsReader reader(Settings recorded) {
    return recorded.reader(new Problems("the recorded configuration")); // what is unknown is left
  }

  private static Set<String> seen(SettingsReader train, boolean hardened) {
    LibraryMix mix = LibraryMix.read(train);
    Set<String> seen = new LinkedHashSet<>();
    if (mix != null && takesPerturbed(train)) {
      seen.addAll(mix.attacks());
    }
    if (hardened && searches(train)) {
      seen.addAll(InnerSearch.read(train).seen());
    }
    return seen;
  }

  /**
   * Whether a training with a threat model looked for adversarial examples, not for bounds alone.
   */
  private static boolean searches(SettingsReader train) {
    if (train.has(SEARCHES)) { // of a program
      return train.flag(SEARCHES, true);
    }
    Curve clean = Curve.read(train.section("mix"), "clean", Curve.constant(0), 0, 1);
    boolean never = clean.points().stream().allMatch(point -> point.value() == 1);
    return !never && Objectives.read(train, "objective", "pgd-at").adversarial();
  }

  /** Whether saved examples count by their perturbed inputs, as they do but for bounds alone. */
  private static boolean takesPerturbed(SettingsReader train) {
    if (train.has(SEARCHES)) { // of a program
      return train.flag(TAKES, true);
    }
    Objective objective = Objectives.read(train, "objective", "pgd-at");
    return objective.adversarial() || !objective.bounded();
  }

  private static SeenAttacks ofStage(Settings configuration, SettingsReader stage) {
    SettingsReader train = reader(train(configuration, stage.settings()));
    return SeenAttacks.all(seen(train, true)); // where it searches
  }

  /** The section {@code train} as a stage of training has it. */
  public static Settings train(Settings configuration, Settings stage) {
    return configuration.section(TRAIN).changedBy(stage.without(OF_STAGE));
  }

  private static SeenAttacks start(Provenance origin, SettingsReader configuration) {
    SettingsReader model = configuration.section("model");
    if (model.isSection(START)) {
      return started(model.section(START));
    }
    boolean other = model.has(FROM) || origin.dataHashes().containsKey("start");
    return other ? SeenAttacks.UNKNOWN : SeenAttacks.all(Set.of());
  }

  private static SeenAttacks started(SettingsReader start) {
    return new SeenAttacks(
        new LinkedHashSet<>(start.texts(ATTACKS, List.of())), start.flag(COMPLETE, false));
  }

  /**
   * What a stage is called that has no name.
   *
   * @param number from 0
   */
  public static String stageName(int number) {
    return "stage-" + (number + 1);
  }

  /** A configuration with what the model had seen whose weights training starts from. */
  public static Settings withStart(Settings configuration, Bundle start) {
    return withStart(configuration, "model", start);
  }

  /**
   * As {@link #withStart(Settings, Bundle)}.
   *
   * @param section that names the weights: {@code model}, or a stage such as {@code stages[1]}
   */
  public static Settings withStart(Settings configuration, String section, Bundle start) {
    return withStart(configuration, section, of(start));
  }

  /** As {@link #withStart(Settings, String, Bundle)}, of a model that has seen so much. */
  static Settings withStart(Settings configuration, String section, SeenAttacks seen) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put(ATTACKS, List.copyOf(seen.names()));
    told.put(COMPLETE, seen.complete());
    return configuration.withOverride(section + "." + START + "=" + Json.compact(told));
  }
}
