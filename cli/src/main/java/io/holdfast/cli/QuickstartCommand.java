package io.holdfast.cli;

import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.experiment.ComparedRun;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.Harden;
import io.holdfast.experiment.OpenExperiment;
import io.holdfast.experiment.Plan;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.RunLock;
import io.holdfast.record.Scorecard;
import io.holdfast.report.Report;
import io.holdfast.tensor.Engine;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job on embedded data: a standard and a hardened model, both attacked and compared. */
@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a standard and a hardened model on embedded images, attacks both, and reports.",
      "On two cores a few minutes where bfloat16 is native, about seven elsewhere."
    })
final class QuickstartCommand extends BaseCommand {
  private static final String RESOURCE = "quickstart.yaml";
  private static final String REPORT = "report.html";
  private static final List<String> MODELS = List.of("standard", "hardened");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder for the results (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("quickstart");

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = "Changes a setting of both experiments, such as train.epochs=8. Repeatable.")
  private List<String> overrides = new ArrayList<>();

  @Mixin private DataOptions data = new DataOptions();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    PrintWriter screen = screen();
    requireUsable();
    Map<String, OpenExperiment> parts = parts();
    try (Job running = Job.start(job)) {
      if (job.dryRun) {
        printPlans(parts, running, screen);
        return Exit.DONE;
      }
      Engine.load(); // before there is a folder
      try (RunLock lock = RunLock.take(out)) {
        run(parts, running, screen);
      }
      return Exit.DONE;
    }
  }

  private void run(Map<String, OpenExperiment> parts, Job running, PrintWriter screen) {
    Map<String, Scorecard> cards = new LinkedHashMap<>();
    parts.forEach((name, part) -> cards.put(name, run(name, part, running)));
    Report.Builder report = Report.builder().title("Quickstart").command(typed());
    MODELS.forEach(name -> new RunFolder(out.resolve(name)).addTo(report, name));
    ComparedRun.addTo(report, MODELS.stream().map(out::resolve).toList());
    Path file = out.resolve(REPORT);
    report.build().write(file);
    if (job.json) {
      screen.print(Json.pretty(cards));
    } else {
      screen.print(Results.table(cards));
      screen.println("report: " + file);
    }
  }

  /** Refuses before the first training what would end in the second one, or behind it. */
  private void requireUsable() {
    Problems problems = new Problems("--out " + out);
    problems.collect(() -> RunLock.requireFree(out));
    List<RunFolder> runs = MODELS.stream().map(out::resolve).map(RunFolder::new).toList();
    runs.forEach(
        run -> {
          problems.collect(() -> RunLock.requireFree(run.path()));
          problems.collect(run::requireUsable);
        });
    RunFolder top = new RunFolder(out);
    boolean earlier = runs.stream().anyMatch(RunFolder::holdsRun);
    if (Files.exists(top.report()) && (!earlier || top.holdsRun() || top.holdsEvaluation())) {
      problems.add(
          REPORT,
          "a new folder, or one with an earlier quickstart",
          "the report of something else",
          "choose another folder, or move it away");
    }
    problems.throwIfAny();
  }

  private Map<String, OpenExperiment> parts() {
    Map<String, OpenExperiment> parts = new LinkedHashMap<>();
    for (String name : MODELS) {
      Settings own = data.in(settings(name));
      parts.put(name, OpenExperiment.of(own, source(name), overrides, Today.now()));
    }
    return parts;
  }

  /** One of the two experiments, {@code standard} or {@code hardened}, with changes. */
  static Experiment experiment(String name, List<String> changes) {
    return Experiment.of(settings(name), source(name), changes);
  }

  private static Settings settings(String name) {
    SettingsReader both =
        Settings.yaml(Templates.read(RESOURCE), RESOURCE).reader(new Problems(RESOURCE));
    return Settings.of(both.section(name).settings().toMap());
  }

  private static String source(String name) {
    return RESOURCE + ", " + name;
  }

  private Scorecard run(String name, OpenExperiment part, Job running) {
    running.progress().note(name + " model");
    return Harden.run(part.experiment(), part.data(), options(name, running)).card();
  }

  private Harden.Options options(String name, Job running) {
    return new Harden.Options(
        out.resolve(name), job.resume, job.workers, running.progress(), running.stopper(), typed());
  }

  private void printPlans(Map<String, OpenExperiment> parts, Job running, PrintWriter screen) {
    parts.forEach(
        (name, part) -> Harden.check(part.experiment(), part.data(), options(name, running)));
    Map<String, Plan> plans = new LinkedHashMap<>();
    parts.forEach(
        (name, part) ->
            plans.put(
                name, Plan.of(part.experiment(), part.data(), job.workers, running.stopper())));
    if (job.json) {
      screen.print(Json.pretty(plans));
    } else {
      plans.forEach((name, plan) -> screen.println(name + "\n\n" + plan.toText()));
    }
  }
}
