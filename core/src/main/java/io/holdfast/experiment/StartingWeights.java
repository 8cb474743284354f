package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.bundle.Models;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.NamedClasses;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.NameMap;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.train.SampleChoice;
import io.holdfast.train.objective.Guide;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What training starts from.
 *
 * @param bundle null for fresh weights
 */
record StartingWeights(@Nullable Bundle bundle) implements AutoCloseable {
  static final String START = "start";
  static final String NAMES = "name_map";
  private static final String WEIGHTS = ".safetensors";

  /** Reads the file of names; one without weights to start from is refused. */
  static @Nullable String names(SettingsReader model) {
    String names = model.textOrNull(NAMES);
    String start = model.textOrNull(START);
    if (names != null && (start == null || !start.endsWith(WEIGHTS))) {
      model.reject(
          NAMES,
          "a weights file as " + model.path() + "." + START + ", whose names these are",
          start == null ? "no start" : start,
          null);
    }
    return names;
  }

  /**
   * Opens what the experiment names: a bundle, or weights of its own architecture, whose names may
   * be others.
   *
   * @param model that is to be trained
   * @throws InvalidInputException if there is no such model, or it is damaged
   */
  static StartingWeights open(Experiment experiment, Architecture model) {
    String start = experiment.start();
    if (start == null) {
      return new StartingWeights(null);
    }
    boolean weights = start.endsWith(WEIGHTS);
    String names = experiment.startNames();
    return new StartingWeights(
        Models.open(
            start,
            weights ? experiment.model().name() : null,
            names == null ? null : NameMap.read(Path.of(names)),
            model.graph().inputs().get(0).type().shape()));
  }

  /**
   * Adds what keeps these weights from being the model's.
   *
   * @param classes names of the training samples' classes, by label
   */
  static void require(
      Experiment experiment, Architecture model, List<String> classes, Problems problems) {
    try (StartingWeights start = open(experiment, model)) {
      if (start.bundle != null) {
        String from = "" + experiment.start();
        Network.of(model.graph(), start.bundle.network().weights(), from).close();
        Problems found = new Problems("");
        requireSame(start.bundle, model.graph(), classes, found);
        experiment.rejectAll(problems, "model", START, found.list(), p -> p);
      }
    } catch (InvalidInputException e) {
      ExperimentData.reject(experiment, "model", START, e, problems);
    }
  }

  /**
   * Adds where a model to start from is another function of its weights, or has other classes.
   * Dropout may differ, and so may the size of images.
   *
   * @param graph of the model that is to be trained
   * @param classes names of the training samples' classes, by label
   */
  static void requireSame(Bundle start, Graph graph, List<String> classes, Problems problems) {
    String field = "model." + START;
    start
        .network()
        .graph()
        .difference(graph)
        .ifPresent(
            layer ->
                problems.add(
                    field,
                    "a model of the same layers as model.architecture: " + layer.other(),
                    layer.own()));
    NamedClasses.requireAlike(start.classNames(), classes, field, problems);
  }

  /**
   * Refuses to start from, or to learn from, what the run itself writes: the first thing a fresh
   * run does is to empty its folder.
   */
  static void requireOutside(Path folder, Experiment experiment) {
    String start = experiment.start();
    if (start != null) {
      requireOutside(folder, experiment, "model.start", start);
    }
    SampleChoice samples = experiment.samples();
    if (samples != null && samples.model() != null) {
      requireOutside(folder, experiment, "train.samples.model", samples.model());
    }
    ExtraData extra = experiment.extra();
    if (extra != null && extra.teacher() != null) {
      requireOutside(folder, experiment, "data.extra.teacher", extra.teacher());
    }
    for (Guide guide : experiment.training().objective().guides()) {
      if (!guide.path().isEmpty()) {
        requireOutside(folder, experiment, "train.objective." + guide.role(), guide.path());
      }
    }
  }

  /** As {@link #requireOutside(Path, Experiment)}, for a model that a key of the file names. */
  static void requireOutside(Path folder, Experiment experiment, String key, String model) {
    requireOutside(folder, experiment, key, "model", model);
  }

  /**
   * The same for another file.
   *
   * @param what it is called in the message
   */
  static void requireOutside(
      Path folder, Experiment experiment, String key, String what, String path) {
    if (RunFolder.contains(folder, path)) {
      throw new InvalidInputException(
          experiment.source(),
          key,
          "a " + what + " outside the folder for the results, " + folder,
          path,
          "choose another folder, or copy the " + what);
    }
  }

  @Override
  public void close() {
    if (bundle != null) {
      bundle.close();
    }
  }
}
