package io.holdfast.experiment;

import io.holdfast.attack.SearchRule.Free;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.threat.Additive;
import io.holdfast.train.Methods;
import io.holdfast.train.SampleChoice;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.objective.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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
    notes.addAll(empty(experiment, data));
    return notes;
  }

  /** Of which samples the ledgers are by which training chooses its own. */
  static List<SampleChoice.Judged> ledgers(Experiment experiment) {
    return experiment.trainings().stream()
        .map(Experiment::samples)
        .filter(Objects::nonNull)
        .map(SampleChoice::judged)
        .filter(Objects::nonNull)
        .toList();
  }

  /** Whether a ledger is of samples that are none of these. */
  static List<String> foreign(
      List<SampleChoice.Judged> ledgers, ExperimentData data, Stopper stopper) {
    List<Dataset> known =
        Stream.of(data.whole(), data.validation(), data.test()).filter(Objects::nonNull).toList();
    return ledgers.stream()
            .filter(of -> !of.hash().isEmpty()) // else it does not say of which
            .allMatch(of -> known.stream().anyMatch(set -> of.isOf(set, stopper)))
        ? List.of()
        : List.of(
            "the ledger of train.samples is of samples that are not the first of data.train,"
                + " data.validation or data.test: its classes are these by their numbers");
  }

  /** Settings that are no mistake and yet change nothing. */
  private static List<String> empty(Experiment experiment, ExperimentData data) {
    List<String> notes = new ArrayList<>();
    ExtraData extra = experiment.extra();
    if (extra != null && extra.weight() == 0) {
      notes.add("data.extra.weight 0: the losses of extra samples do not count");
    }
    if (experiment.threat().set() instanceof Additive ball
        && ball.epsilon() == 0
        && !ball.unlimited()) {
      notes.add("threat.epsilon 0: nothing may be changed, so that robust means clean");
    }
    SettingsReader train = experiment.settings().reader(new Problems("")).section("train");
    boolean norms =
        data.architecture().graph().nodes().stream()
            .anyMatch(node -> node.layer() instanceof BatchNorm);
    if (train.has("batch_norm") && !norms) {
      notes.add("train.batch_norm: no effect, the network has no batch norm");
    }
    experiment.trainings().stream()
        .map(Experiment::training)
        .filter(t -> t.objective().adversarial() && t.cleanShare().minimum() >= 1)
        .map(t -> "train.mix.clean 1: " + t.objective().name() + " trains on clean samples alone")
        .distinct()
        .forEach(notes::add);
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
