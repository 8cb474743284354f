package io.holdfast.experiment;

import io.holdfast.attack.SearchRule.Free;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.Dataset;
import io.holdfast.train.Methods;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.objective.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What is told of an experiment and its data before training, though it is no mistake. */
final class DataNotes {
  private static final String UNWATCHED =
      "train.attack %s takes a single step: training may suddenly learn to withstand that step and"
          + " nothing else; train.catastrophic_overfitting: watch looks for it and goes back";

  private static final int SHOWN = 10;

  private DataNotes() {}

  /**
   * What is worth a note before training: classes without a sample, sets of samples that are named
   * as the same file or folder, and a search that training may overfit to. Reads no test sample.
   */
  static List<String> of(Experiment experiment, ExperimentData data) {
    List<String> notes = new ArrayList<>();
    String empty = emptyClasses(data.train());
    if (!empty.isEmpty()) {
      notes.add(empty);
    }
    notes.addAll(SameData.named(experiment));
    experiment.trainings().stream()
        .filter(DataNotes::isUnwatched)
        .map(one -> UNWATCHED.formatted(one.inner().name()))
        .distinct()
        .forEach(notes::add);
    notes.addAll(idle(experiment));
    return notes;
  }

  /**
   * Says which classes have no sample to train on, which often means a stray label; empty if all
   * have one, or where that takes labels that nobody has yet.
   */
  private static String emptyClasses(Dataset train) {
    if (!train.isPrepared()) {
      return "";
    }
    int[] counts = train.classCounts();
    List<String> names = train.info().classes();
    List<String> empty =
        IntStream.range(0, counts.length).filter(k -> counts[k] == 0).mapToObj(names::get).toList();
    if (empty.isEmpty()) {
      return "";
    }
    String some = String.join(", ", empty.subList(0, Math.min(SHOWN, empty.size())));
    return empty.size()
        + " of "
        + counts.length
        + " classes have no sample to train on: "
        + some
        + (empty.size() > SHOWN ? ", ..." : "");
  }

  /** What the file says of a search that the objective does not make. */
  private static List<String> idle(Experiment experiment) {
    Objective objective = experiment.training().objective();
    if (objective.adversarial() || !experiment.stages().isEmpty()) {
      return List.of();
    }
    SettingsReader train = experiment.settings().reader(new Problems("")).section("train");
    SettingsReader curriculum = train.section("curriculum");
    List<String> keys = new ArrayList<>();
    if (train.has("attack")) {
      keys.add("train.attack");
    }
    if (train.section("mix").has("clean")) {
      keys.add("train.mix.clean");
    }
    if (curriculum.has("steps")) {
      keys.add("train.curriculum.steps");
    }
    if (curriculum.has("epsilon") && !objective.bounded()) {
      keys.add("train.curriculum.epsilon");
    }
    return keys.isEmpty()
        ? List.of()
        : List.of(
            String.join(", ", keys)
                + ": no effect, "
                + objective.name()
                + " searches for no adversarial examples");
  }

  /** Whether adversarial examples take a single step, and nobody looks whether that is enough. */
  private static boolean isUnwatched(Experiment training) {
    TrainSettings settings = training.training();
    Methods methods = settings.methods();
    boolean watchable = methods.resizing() == null && settings.objective().tellsRobust();
    boolean single = settings.steps().maximum() == 1 || training.inner().rule() instanceof Free;
    return settings.objective().adversarial()
        && single
        && watchable
        && methods.guard() == null
        && methods.gradAlign() == 0;
  }
}
