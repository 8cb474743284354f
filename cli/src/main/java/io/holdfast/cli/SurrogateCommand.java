package io.holdfast.cli;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Table;
import io.holdfast.data.Dataset;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.SurrogateTraining;
import io.holdfast.experiment.SurrogateTraining.Trained;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.arch.Blueprint;
import io.holdfast.train.Fit;
import io.holdfast.train.QueriedSurrogate;
import io.holdfast.train.QueriedSurrogate.Answers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a surrogate from the answers of a model. */
@Command(
    name = "surrogate",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a model of your own from another one's answers to your inputs.",
      "So would an attacker who can only ask; attack --surrogate then searches on it."
    })
final class SurrogateCommand extends BaseCommand {
  @Mixin private ModelOption model = new ModelOption();

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "The inputs to ask about: embedded:NAME/SPLIT, a file or a folder.")
  private String data = "";

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "The most of them, the first ones (default: ${DEFAULT-VALUE}).")
  private int examples = 2000;

  @Option(
      names = "--as",
      paramLabel = "NAME[,KEY=VALUE]...",
      description = "The surrogate's architecture, such as small-cnn or mlp,hidden=64.")
  private String architecture = "";

  @Option(
      names = "--answers",
      paramLabel = "A",
      description = "What is seen: scores or labels (default: ${DEFAULT-VALUE}).")
  private String answers = "scores";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = {
        "Rounds of Jacobian-based augmentation, each of which doubles the questions",
        "(default: ${DEFAULT-VALUE})."
      })
  private int rounds;

  @Option(
      names = "--reach",
      paramLabel = "E",
      description = "How far augmented inputs are in each value (default: ${DEFAULT-VALUE}).")
  private double reach = 0.1;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Of AdamW, for each fit (default: ${DEFAULT-VALUE}).")
  private int steps = 1000;

  @Option(names = "--out", paramLabel = "FILE", description = "The bundle to write; a new file.")
  private @Nullable Path out;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Of all random streams (default: ${DEFAULT-VALUE}).")
  private long seed = Experiment.DEFAULT_SEED;

  @Option(names = "--json", description = "Prints the result as JSON alone on standard output.")
  private boolean json;

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    Blueprint[] blueprint = new Blueprint[1];
    Dataset[] inputs = new Dataset[1];
    requireGiven("--model", model.model, "a model to ask", problems);
    requireGiven("--data", data, "inputs to ask about", problems);
    requireGiven("--as", architecture, "an architecture for the surrogate", problems);
    if (!architecture.isEmpty()) {
      ModelOptions.collect(
          "--as", architecture, problems, () -> blueprint[0] = Architectures.parse(architecture));
    }
    if (!data.isEmpty()) {
      problems.collect(() -> inputs[0] = model.samples(data));
    }
    requireAtLeast("--examples", 1, examples, problems);
    requireAtLeast("--steps", 1, steps, problems);
    requireAtLeast("--rounds", 0, rounds, problems);
    Answers seen = answers(problems);
    Path file = file(problems);
    JobOptions job = new JobOptions();
    try (Bundle asked = model.open(problems, ModelOptions.shape(inputs[0]));
        Job running = Job.start(job)) {
      QueriedSurrogate[] plan = new QueriedSurrogate[1];
      problems.collect(
          () ->
              plan[0] =
                  new QueriedSurrogate(
                      seen, Math.max(0, rounds), reach, Fit.steps(Math.max(1, steps))));
      problems.throwIfAny();
      if (asked == null) {
        throw new IllegalStateException("a model that could not be opened was reported");
      }
      Trained trained =
          new SurrogateTraining(blueprint[0], plan[0], new Seed(seed))
              .of(asked, inputs[0].first(examples));
      try (Bundle surrogate = trained.surrogate()) {
        surrogate.write(file);
      }
      print(trained.result(), file);
      return Exit.DONE;
    }
  }

  private static void requireGiven(
      String option, String given, String expected, Problems problems) {
    if (given.isEmpty()) {
      problems.add(option, expected, "nothing");
    }
  }

  private static void requireAtLeast(String option, int least, int found, Problems problems) {
    if (found < least) {
      problems.add(option, "at least " + least, Integer.toString(found));
    }
  }

  private Answers answers(Problems problems) {
    if (!answers.equals("scores") && !answers.equals("labels")) {
      problems.add("--answers", "scores or labels", answers);
    }
    return answers.equals("labels") ? Answers.LABELS : Answers.SCORES;
  }

  private Path file(Problems problems) {
    Path file = out;
    if (file == null) {
      problems.add("--out", "a file for the surrogate", "nothing");
    } else if (Files.exists(file)) {
      problems.add("--out", "a new file", file + ", which exists");
    }
    return file == null ? Path.of("") : file;
  }

  private void print(QueriedSurrogate.Result result, Path file) {
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("model", file.toString());
      all.put("queries", result.queries());
      all.put("agreement", result.agreement());
      screen().print(Json.pretty(all));
      return;
    }
    Table table = new Table("measure", "value");
    table.row("questions", Format.count(result.queries()));
    table.row("same answer to them", Format.percent(result.agreement()));
    screen().print(table);
    screen().println("model: " + file);
  }
}
