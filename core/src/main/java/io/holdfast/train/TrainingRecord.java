package io.holdfast.train;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.record.SeenAttacks;
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
    Problems none = new Problems("the recorded configuration"); // what is unknown is left alone
    SettingsReader configuration = Settings.of(origin.configuration()).reader(none);
    Set<String> own = new LinkedHashSet<>(LibraryMix.recorded(origin));
    if (hardened) {
      own.addAll(InnerSearch.recorded(origin).seen());
    }
    boolean told = hardened || configuration.isSection("train");
    return start(origin, configuration).and(new SeenAttacks(own, told));
  }

  private static SeenAttacks start(Provenance origin, SettingsReader configuration) {
    SettingsReader model = configuration.section("model");
    if (model.isSection(START)) {
      SettingsReader start = model.section(START);
      return new SeenAttacks(
          new LinkedHashSet<>(start.texts(ATTACKS, List.of())), start.flag(COMPLETE, false));
    }
    boolean other = model.has("start") || origin.dataHashes().containsKey("start");
    return other ? SeenAttacks.UNKNOWN : SeenAttacks.all(Set.of());
  }

  /** A configuration with what the model had seen whose weights training starts from. */
  public static Settings withStart(Settings configuration, Bundle start) {
    SeenAttacks seen = of(start);
    Map<String, Object> told = new LinkedHashMap<>();
    told.put(ATTACKS, List.copyOf(seen.names()));
    told.put(COMPLETE, seen.complete());
    return configuration.withOverride("model." + START + "=" + Json.compact(told));
  }
}
