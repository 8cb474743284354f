package io.holdfast.cli;

import io.holdfast.common.Problems;
import io.holdfast.common.Table;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.ExperimentData;
import io.holdfast.experiment.Harden;
import io.holdfast.experiment.OpenExperiment;
import io.holdfast.experiment.Plan;
import io.holdfast.experiment.Programme;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.RunLock;
import io.holdfast.experiment.SeedRun;
import io.holdfast.experiment.TrackSection;
import io.holdfast.experiment.TuningResult;
import io.holdfast.experiment.TuningRun;
import io.holdfast.experiment.TuningTables;
import io.holdfast.experiment.track.Tracker;
import io.holdfast.record.Gate;
import io.holdfast.record.Scorecard;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs an experiment file. */
@Command(
    name = "harden",
    mixinStandardHelpOptions = true,
    description = "Trains the model of an experiment file, attacks it, and reports.")
final class HardenCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE", description = "The experiment; 'holdfast init' writes one.")
  private Path file = Path.of("");

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = "Changes a setting of the file, such as train.epochs=8. Repeatable.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      description = {
        "Runs the experiment once for each seed, such as 1,2,3, into DIR/seed-N, and tells how the",
        "result varies. Gates must be met by every run."
      })
  private List<Long> seeds = new ArrayList<>();

  @Option(
      names = "--trial",
      paramLabel = "N",
      description = {
        "Of an experiment with a search: the trial that is trained to its end and attacked",
        "(default: the best one)."
      })
  private @Nullable Integer trial;

  @Mixin private GateOptions required = new GateOptions();
  @Mixin private JobOptions.Out out = new JobOptions.Out();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    if (!seeds.isEmpty()) {
      overrides.add("seeds=" + seeds);
    }
    Problems problems = new Problems("");
    OpenExperiment[] open = new OpenExperiment[1];
    problems.collect(() -> open[0] = OpenExperiment.read(file, overrides, Today.now()));
    OpenExperiment opened = open[0];
    List<Gate> gates = required.read(opened == null ? null : keys(opened), problems);
    job.check(problems);
    Programme programme = opened == null ? Programme.NONE : opened.experiment().programme();
    boolean several = !programme.seeds().isEmpty();
    boolean searched = programme.search() != null;
    if (trial != null && opened != null && !searched) {
      problems.add("--trial", "an experiment with a search", "none in " + file);
    }
    problems.collect(
        () -> {
          RunLock.requireFree(out.folder); // before a tracking server is told of the run
          if (!several && !searched) {
            new RunFolder(out.folder).requireUsable();
          }
        });
    problems.throwIfAny();
    if (opened == null) {
      throw new IllegalStateException("an experiment that could not be read was reported");
    }
    Experiment experiment = opened.experiment();
    ExperimentData data = opened.data();
    try (Job running = Job.start(job)) {
      Harden.Options options =
          new Harden.Options(
              out.folder, job.resume, job.workers, running.progress(), running.stopper(), typed());
      TrackSection track = job.dryRun ? null : programme.track();
      if (track == null) {
        return harden(experiment, data, options, gates, running);
      }
      try (Tracker tracker =
          Tracker.start(
              track,
              experiment.name(),
              out.folder,
              job.resume,
              InstantSource.system(),
              running.progress())) {
        return harden(experiment, data, options, gates, running);
      }
    }
  }

  private int harden(
      Experiment experiment,
      ExperimentData data,
      Harden.Options options,
      List<Gate> gates,
      Job running) {
    if (experiment.programme().search() != null) {
      return searched(experiment, data, options, gates, running);
    }
    if (!experiment.programme().seeds().isEmpty()) {
      return several(experiment, data, options, gates, running);
    }
    if (job.dryRun) {
      Harden.check(experiment, data, options);
      Plan plan = Plan.of(experiment, data, job.workers, running.stopper());
      screen().print(job.json ? plan.toJson() : plan.toText());
      return Exit.DONE;
    }
    EvaluationResult result = Harden.run(experiment, data, options);
    if (job.json) {
      screen().print(result.card().toJson());
    } else {
      screen().print(Results.table(result.card()));
      screen().println("report: " + new RunFolder(out.folder).report());
    }
    return GateOptions.judge(gates, result.card(), notes());
  }

  private int searched(
      Experiment experiment,
      ExperimentData data,
      Harden.Options options,
      List<Gate> gates,
      Job running) {
    TuningRun run = new TuningRun(experiment, Today.now(), options, trial);
    if (job.dryRun) {
      run.check();
      Plan plan = Plan.of(experiment, data, job.workers, running.stopper());
      screen().print(job.json ? plan.toJson() : plan.toText());
      notes().println("for the experiment as it is; a search trains many times");
      return Exit.DONE;
    }
    TuningRun.Result result = run.run();
    tellFewer(run, result.search());
    Scorecard card = result.evaluation().card();
    if (job.json) {
      screen().print(result.search().toJson());
    } else {
      Table table = new Table(TuningTables.HEADER.toArray(String[]::new));
      TuningTables.rows(result.search(), result.seconds()).forEach(row -> table.row(row.toArray()));
      screen().print(table);
      screen().println();
      screen().print(Results.table(card));
      screen().println("trial " + result.trial() + ": " + result.folder());
      screen().println("report: " + new RunFolder(out.folder).report());
    }
    return GateOptions.judge(gates, card, notes());
  }

  /** Where fewer trials were begun than were wanted although time was left. */
  private void tellFewer(TuningRun run, TuningResult found) {
    int begun = found.trials().size();
    if (begun < run.section().trials() && !found.cut()) {
      notes()
          .println(
              "%d of %d trials: no other values that go together were drawn from search.over"
                  .formatted(begun, run.section().trials()));
    }
  }

  private int several(
      Experiment experiment,
      ExperimentData data,
      Harden.Options options,
      List<Gate> gates,
      Job running) {
    SeedRun run = new SeedRun(experiment, Today.now(), options);
    if (job.dryRun) {
      run.check();
      Plan plan = Plan.of(experiment, data, job.workers, running.stopper());
      screen().print(job.json ? plan.toJson() : plan.toText());
      notes().println("for each of " + experiment.programme().seeds().size() + " seeds");
      return Exit.DONE;
    }
    SeedRun.Result result = run.run();
    if (job.json) {
      screen().print(result.seeds().toJson());
    } else {
      screen().print(Results.table(result.seeds()));
      screen().println("report: " + new RunFolder(out.folder).report());
    }
    List<Long> seeds = experiment.programme().seeds();
    return IntStream.range(0, seeds.size())
        .map(
            i ->
                GateOptions.judge(
                    gates, result.cards().get(i), "seed " + seeds.get(i) + ": ", notes()))
        .max()
        .orElse(Exit.DONE);
  }

  private static List<String> keys(OpenExperiment opened) {
    return opened.experiment().evaluation().attacks().stream().map(NamedAttack::key).toList();
  }
}
