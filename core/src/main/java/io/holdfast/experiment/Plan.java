package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Stopper;
import io.holdfast.common.Table;
import io.holdfast.evaluate.Estimate;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Processor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment would do, and about how long it would take. Seconds and bytes are estimates
 * from a short probe on this machine: training from steps that were timed at the cheapest and the
 * dearest stage of its curriculum, validation left out; attacks as if they had to spend all their
 * steps, an upper bound where some succeed early.
 *
 * @param name of the experiment
 * @param what the plan in words, by topic
 * @param seconds by phase
 * @param memoryBytes resident memory
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Plan(
    String name, Map<String, String> what, Map<String, Double> seconds, long memoryBytes) {
  public Plan {
    what = Collections.unmodifiableMap(new LinkedHashMap<>(what));
    seconds = Collections.unmodifiableMap(new LinkedHashMap<>(seconds));
  }

  /**
   * Measures a few steps of training and attack; writes nothing and reads no test sample, but to
   * tell whether a ledger of {@code train.samples} is of them.
   *
   * @param workers threads, 0 for one per core
   */
  public static Plan of(Experiment experiment, ExperimentData data, int workers, Stopper stopper) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    long trained = 0;
    for (int i = 0; i < experiment.trainings().size(); i++) {
      Experiment one = experiment.trainings().get(i);
      TrainingProbe probe = new TrainingProbe(one, data.trainings().get(i), workers, stopper);
      String stage = experiment.stages().isEmpty() ? "" : " " + experiment.stages().get(i).name();
      seconds.put("training" + stage, probe.seconds());
      trained = Math.max(trained, probe.memoryBytes());
    }
    Estimate evaluation = evaluation(experiment, data, workers, stopper, null);
    seconds.putAll(evaluation.phases());
    long memory = Math.max(trained, evaluation.bytes());
    return new Plan(experiment.name(), words(experiment, data, stopper), seconds, memory);
  }

  /**
   * What the closing evaluation takes at most, on no more cores than it will have.
   *
   * @param budget that it may have; more than that is not told apart
   */
  static double evaluationSeconds(
      Experiment experiment, ExperimentData data, Harden.Options options, Duration budget) {
    int cores = experiment.governor().cores();
    int workers = options.workers() == 0 ? Processor.cores() : options.workers();
    int granted = cores == 0 ? workers : Math.min(cores, workers);
    return evaluation(experiment, data, granted, options.stopper(), budget).seconds();
  }

  /** Measured on training samples, as many as test samples would be. */
  private static Estimate evaluation(
      Experiment experiment,
      ExperimentData data,
      int workers,
      Stopper stopper,
      @Nullable Duration budget) {
    int samples = Math.min(experiment.evaluation().examples(), data.test().size());
    try (Network network =
            data.architecture().initialise(experiment.seed()).to(experiment.device());
        Surrogates surrogates = Harden.surrogates(experiment)) {
      Evaluation suite =
          Harden.suite(experiment, network.classifier(), surrogates)
              .workers(workers)
              .stopper(stopper);
      return (budget == null ? suite : suite.budget(budget)).estimate(data.train().first(samples));
    }
  }

  private static Map<String, String> words(Experiment e, ExperimentData data, Stopper stopper) {
    Map<String, String> words = new LinkedHashMap<>();
    int held = data.validation() == null ? 0 : data.validation().size();
    words.put(
        "data",
        Format.count(data.train().size())
            + " samples to train on, "
            + Format.count(held)
            + " to validate, "
            + Format.count(data.test().size())
            + " to test; shape "
            + data.train().info().shape()
            + ", "
            + data.train().info().classCount()
            + " classes");
    List<String> notes = new ArrayList<>(DataNotes.of(e, data));
    notes.addAll(DataNotes.foreign(DataNotes.ledgers(e), data, stopper));
    if (!notes.isEmpty()) {
      words.put("note", String.join("; ", notes));
    }
    words.put("model", e.model().name());
    words.put("threat", e.threat().describe());
    if (e.stages().isEmpty()) {
      words.put("training", training(e, data));
    }
    for (Stage stage : e.stages()) {
      words.put("training " + stage.name(), training(stage.experiment(), data));
    }
    if (data.library() != null) {
      words.put("library", LibraryWords.used(data.library()));
    }
    words.put(
        "evaluation",
        String.join(", ", e.evaluation().attacks().stream().map(a -> a.key()).toList())
            + " on "
            + Format.count(Math.min(e.evaluation().examples(), data.test().size()))
            + " test samples"
            + transfer(e));
    return words;
  }

  private static String training(Experiment e, ExperimentData data) {
    return e.training().objective().name()
        + ", "
        + e.training().epochs()
        + (e.training().epochs() == 1 ? " epoch of " : " epochs of ")
        + Format.count(e.training().stepsPerEpoch(data.train().size()))
        + " steps, batch "
        + e.training().batch()
        + ", "
        + e.training().precision().text()
        + " on "
        + e.device();
  }

  private static String transfer(Experiment e) {
    List<String> paths = e.evaluation().surrogates().paths();
    return paths.isEmpty() ? "" : ", searched on " + String.join(", ", paths);
  }

  /** As JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }

  /** As text, ending in a newline. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    int width = what.keySet().stream().mapToInt(String::length).max().orElse(0);
    String line = "%-" + Math.max(11, width) + "s %s%n";
    what.forEach((topic, words) -> text.append(String.format(line, topic, words)));
    Table table = new Table("phase", "estimated");
    seconds.forEach((phase, s) -> table.row(phase, Format.seconds(s)));
    double all = seconds.values().stream().mapToDouble(s -> s).sum();
    table.row("in all", Format.seconds(all));
    return text.append('\n')
        .append(table)
        .append(
            "Training is estimated from steps timed at the cheapest and the dearest stage of its"
                + " curriculum;\nattacks at most, as if none succeeded early.\n\n")
        .append("memory      about ")
        .append(Format.bytes(memoryBytes))
        .append('\n')
        .toString();
  }
}
