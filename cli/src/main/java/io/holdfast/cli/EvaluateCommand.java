package io.holdfast.cli;

import io.holdfast.common.Call;
import io.holdfast.common.Deadline;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Table;
import io.holdfast.data.Datasets;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.evaluate.CorruptionBenchmark;
import io.holdfast.evaluate.Estimate;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.experiment.EvaluationSection;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.RunLock;
import io.holdfast.model.Classifier;
import io.holdfast.report.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Attacks a model and scores it. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Attacks a model and writes ledger, scorecard and report.")
final class EvaluateCommand extends BaseCommand {
  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A[,B]",
      description = {
        "Attacks with parameters in brackets, such as fgsm,pgd[steps=50,restarts=5]",
        "(default: ${DEFAULT-VALUE}), or 'none'. 'holdfast attack --list' names them."
      })
  private String attacks = String.join(",", EvaluationSection.DEFAULT_ATTACKS);

  @Mixin private SurrogateOptions surrogates = new SurrogateOptions();

  @Option(
      names = "--curve",
      paramLabel = "N",
      description = "Also robust accuracy against epsilon, on N samples (default: none).")
  private int curve;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      description = {
        "The most time for the attacks, such as 20m or 1h30m (default: as long as they need);",
        "what is not finished then is marked in the scorecard, and --resume goes on with it."
      })
  private @Nullable String budget;

  @Option(
      names = "--corruptions",
      paramLabel = "N",
      description = {
        "Also accuracy under natural corruptions at severities 1 to 5, on N samples",
        "(default: none)."
      })
  private int corruptions;

  @Option(
      names = "--corruption-types",
      paramLabel = "T[,T]",
      description = {
        "Which: 'common' for the 15 of the benchmark, 'all' for the 4 others too, or names",
        "such as fog,gaussian-noise (default: ${DEFAULT-VALUE})."
      })
  private String corruptionTypes = "common";

  @Mixin private JobOptions.Out out = new JobOptions.Out();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    List<NamedAttack> suite = suite(problems);
    List<Corruption> types = types(problems);
    try (SurrogateOptions.Opened others = surrogates.open(problems);
        ModelOptions.Opened opened = model.open(problems);
        Job running = Job.start(job)) {
      Evaluation evaluation =
          Evaluation.of(opened.bundle())
              .against(opened.threat())
              .with(suite.toArray(NamedAttack[]::new))
              .seed(model.seed)
              .workers(job.workers)
              .progress(running.progress())
              .stopper(running.stopper());
      Classifier searched = others.on(opened.bundle().network().device()).model();
      if (searched != null) {
        evaluation = evaluation.surrogate(others.name(), searched);
      }
      if (curve > 0) {
        evaluation = evaluation.curve(RobustnessCurve.standard(curve));
      }
      String time = budget;
      if (time != null) {
        Duration[] most = new Duration[1];
        ModelOptions.collect("--budget", time, problems, () -> most[0] = Deadline.parse(time));
        evaluation = most[0] == null ? evaluation : evaluation.budget(most[0]);
      }
      if (corruptions > 0 && !types.isEmpty()) {
        evaluation = evaluation.corruptions(CorruptionBenchmark.of(corruptions, types));
      }
      RunFolder folder = new RunFolder(out.folder);
      problems.collect(() -> RunLock.requireFree(out.folder));
      problems.collect(folder::requireEvaluable);
      problems.throwIfAny();
      if (job.dryRun) {
        print(evaluation.estimate(opened.samples()));
        return Exit.DONE;
      }
      evaluation.check(opened.samples()); // before anything is written
      try (Progress.Task task =
          running.progress().start("checking the data", opened.samples().size(), "images")) {
        Datasets.requireReadable(opened.samples(), running.stopper(), task::advance);
      }
      try (RunLock lock = RunLock.take(out.folder)) {
        prepare(folder, running);
        print(evaluation.folder(out.folder).resume(job.resume).on(opened.samples()));
      }
      return Exit.DONE;
    }
  }

  private void prepare(RunFolder folder, Job running) {
    folder.requireEvaluable(); // another may have written there since
    if (!job.resume && folder.holdsEvaluation()) {
      running.progress().note("the earlier evaluation in " + out.folder + " is replaced");
    }
    folder.prepareEvaluation(job.resume);
  }

  private List<NamedAttack> suite(Problems problems) {
    List<NamedAttack> suite = new ArrayList<>();
    if (attacks.strip().equals("none")) {
      return suite;
    }
    ModelOptions.collect(
        "--attack",
        attacks,
        problems,
        () -> {
          for (String text : Call.splitList(attacks)) {
            ModelOptions.collect(
                "--attack", text, problems, () -> suite.add(EvaluationSection.named(text)));
          }
        });
    return suite;
  }

  private List<Corruption> types(Problems problems) {
    return switch (corruptionTypes.strip()) {
      case "common" -> Corruption.COMMON;
      case "all" -> Corruption.ALL;
      default -> named(problems);
    };
  }

  private List<Corruption> named(Problems problems) {
    List<String> names = Corruption.ALL.stream().map(Corruption::key).toList();
    List<Corruption> types = new ArrayList<>();
    for (String name : Call.splitList(corruptionTypes)) {
    folder.writeCommand(typed());
      Corruption.ofKey(name)
          .ifPresentOrElse(
              types::add,
              () ->
                  problems.add(
                      "--corruption-types",
                      "common, all, or some of " + String.join(", ", names),
                      name,
                      Nearest.hint(name, names)));
    }
    return types;
  }

  private void print(EvaluationResult result) {
    RunFolder folder = new RunFolder(out.folder);
    Report.Builder report =
        Report.builder().title("Evaluation of " + model.which.model).command(typed());
    folder.addTo(report, "model").build().write(folder.report());
    if (job.json) {
      screen().print(result.card().toJson());
    } else {
      screen().print(Results.table(result.card()));
      screen().println("report: " + folder.report());
    }
  }

  private void print(Estimate estimate) {
    if (job.json) {
      screen().print(Json.pretty(estimate));
      return;
    }
    Table table = new Table("phase", "at most about");
    estimate.phases().forEach((phase, seconds) -> table.row(phase, Format.seconds(seconds)));
    table.row("in all", Format.seconds(estimate.seconds()));
    screen().print(table);
    screen().println("memory: about " + Format.bytes(estimate.bytes()));
  }
}
