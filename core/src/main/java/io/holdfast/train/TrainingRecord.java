package io.holdfast.train;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.record.SeenAttacks;
import io.holdfast.train.objective.Objectives;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the recorded configuration of a model says of the attacks in its training: the section
 * {@code train}, and for a model that began with the weights of another {@code
 * model.start_trained_on}, which {@link #withStart} adds.
 */
public final class TrainingRecord {
  private static final String START = "start_trained_on";
  private static final String ATTACKS = "attacks";
  private static final String COMPLETE = "complete";
  private static final String STAGES = "stages";
  private static final String TRAIN = "train";

  /** What a stage says that is no key of {@code train}. */
  private static final String[] OF_STAGE = {Settings.NAME, "start", "name_map", "freeze", START};

  private TrainingRecord() {}

  /** What a model has seen: nothing is known where its provenance tells of no training. */
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
    SeenAttacks first = start(origin, r);
    if (r.has(STAGES)) {
      return r.sections(STAGES).stream()
          .map(stage -> ofStage(configuration, stage))
          .reduce(first, SeenAttacks::and);
    }
    Set<String> own = seen(r.section(TRAIN), hardened);
    return first.and(new SeenAttacks(own, hardened || r.isSection(TRAIN)));
  }

  private static SettingsReader reader(Settings recorded) {
    return recorded.reader(new Problems("the recorded configuration")); // what is unknown is left
  }

  private static Set<String> seen(SettingsReader train, boolean hardened) {
    LibraryMix mix = LibraryMix.read(train);
    Set<String> seen = new LinkedHashSet<>(mix == null ? Set.of() : mix.attacks());
    if (hardened) {
      seen.addAll(InnerSearch.read(train).seen());
    }
    return seen;
  }

  private static SeenAttacks ofStage(Settings configuration, SettingsReader stage) {
    SettingsReader train = reader(train(configuration, stage.settings()));
    boolean adversarial = Objectives.read(train, "objective", "pgd-at").adversarial();
    SeenAttacks own = SeenAttacks.all(seen(train, adversarial));
    if (stage.isSection(START)) {
      return started(stage.section(START)).and(own);
    }
    return own;
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
    boolean other = model.has("start") || origin.dataHashes().containsKey("start");
    return other ? SeenAttacks.UNKNOWN : SeenAttacks.all(Set.of());
  }

  private static SeenAttacks started(SettingsReader start) {
    return new SeenAttacks(
        new LinkedHashSet<>(start.texts(ATTACKS, List.of())), start.flag(COMPLETE, false));
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
    SeenAttacks seen = of(start);
    Map<String, Object> told = new LinkedHashMap<>();
    told.put(ATTACKS, List.copyOf(seen.names()));
    told.put(COMPLETE, seen.complete());
    return configuration.withOverride(section + "." + START + "=" + Json.compact(told));
  }
}
