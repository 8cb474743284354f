package io.holdfast.experiment.track;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.track.MlflowClient.Pair;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.train.TrainingRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a run's own files say, in the words of a tracking server.
 *
 * @param folder of the run
 */
record TrackedFiles(RunFolder folder) {
  private static final int LONGEST_KEY = 250;
  private static final int LONGEST_VALUE = 500;
  private static final String EPOCH = "\"event\":\"epoch\"";
  private static final List<String> NO_FIGURES = List.of("event", "step", "epoch", "stage");

  /**
   * The figures at an epoch's end.
   *
   * @param epoch over all stages, from 1; more than once where training went back
   */
  record Epoch(long epoch, Map<String, Double> figures) {}

  private JsonNode experiment() {
    return Json.read(folder.experiment());
  }

  /** The configuration, key by key. */
  List<Pair> params() {
    List<Pair> params = new ArrayList<>();
    flatten("", experiment().path("configuration"), params);
    return params;
  }

  private static void flatten(String key, JsonNode value, List<Pair> params) {
    if (value.isObject() && !value.isEmpty()) {
      value
          .properties()
          .forEach(
              e ->
                  flatten(
                      key.isEmpty() ? e.getKey() : key + "." + e.getKey(), e.getValue(), params));
    } else if (value.isArray() && value.size() > 0 && value.get(0).isObject()) {
      for (int i = 0; i < value.size(); i++) {
        flatten(key + "." + i, value.get(i), params);
      }
    } else {
      String text = value.isTextual() ? value.asText() : value.toString();
      params.add(new Pair(key(key), cut(text, LONGEST_VALUE)));
    }
  }

  /** Where the run comes from. */
  List<Pair> tags() {
    JsonNode origin = experiment();
    List<Pair> tags = new ArrayList<>();
    for (String name : List.of("code_version", "engine_version", "platform", "seed")) {
      tags.add(new Pair("holdfast." + name, cut(origin.path(name).asText(), LONGEST_VALUE)));
    }
    origin
        .path("data_hashes")
        .properties()
        .forEach(
            e -> tags.add(new Pair(key("holdfast.data." + e.getKey()), e.getValue().asText())));
    List<String> stages = stages();
    if (!stages.isEmpty()) {
      tags.add(new Pair("holdfast.stages", cut(String.join(", ", stages), LONGEST_VALUE)));
    }
    return tags;
  }

  private List<String> stages() {
    List<String> names = new ArrayList<>();
    JsonNode stages = experiment().at("/configuration/stages");
    List<JsonNode> each = new ArrayList<>();
    if (stages.isObject()) { // the only one
      each.add(stages);
    } else {
      stages.forEach(each::add);
    }
    for (int i = 0; i < each.size(); i++) {
      names.add(each.get(i).path("name").asText(TrainingRecord.stageName(i)));
    }
    return names;
  }

  /** Every epoch that has ended, stage after stage. */
  List<Epoch> epochs() {
    List<String> stages = stages();
    List<Path> files =
        stages.isEmpty()
            ? List.of(folder.metrics())
            : stages.stream().map(name -> folder.stage(name).metrics()).toList();
    List<Epoch> epochs = new ArrayList<>();
    for (Path file : files) {
      if (!Files.exists(file)) {
        break;
      }
      long before = epochs.isEmpty() ? 0 : epochs.get(epochs.size() - 1).epoch();
      MetricsLog.read(file, line -> line.contains(EPOCH))
          .forEach(
              line -> epochs.add(new Epoch(before + line.path("epoch").asLong(), figures(line))));
    }
    return epochs;
  }

  private static Map<String, Double> figures(JsonNode line) {
    Map<String, Double> figures = new LinkedHashMap<>();
    line.properties()
        .forEach(
            e -> {
              boolean figure = !NO_FIGURES.contains(e.getKey()) && e.getValue().isNumber();
              if (figure && Double.isFinite(e.getValue().asDouble())) {
                figures.put(key(e.getKey()), e.getValue().asDouble());
              }
            });
    return figures;
  }

  /** Whether the run has come to its end. */
  boolean ended() {
    return Files.exists(folder.scorecard()) && Files.exists(folder.report());
  }

  /** The figures on the test samples, but for those of attacks that time has cut. */
  Map<String, Double> results() {
    Scorecard card = folder.readScorecard();
    Map<String, Double> results = new LinkedHashMap<>();
    results.put("test.clean_accuracy", card.cleanAccuracy().value());
    Rate robust = card.settledWorst();
    if (robust != null) {
      results.put("test.robust_accuracy", robust.value());
    }
    card.settled().forEach((k, rate) -> results.put(key("test.under " + k), rate.value()));
    return results;
  }

  /** The files that are worth keeping beside the figures, as far as they are there. */
  List<Path> artefacts() {
    return Stream.of(
            folder.model(),
            folder.scorecard(),
            folder.report(),
            folder.metrics(),
            folder.experiment())
        .filter(Files::exists)
        .toList();
  }

  /** A key of letters that servers take. */
  static String key(String text) {
    return cut(text.replaceAll("[^A-Za-z0-9_\\-. /]", "_"), LONGEST_KEY);
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 3) + "...";
  }
}
