package io.holdfast.cli;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.universal.KeptPerturbation;
import io.holdfast.attack.universal.UniversalAttack;
import io.holdfast.common.Format;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.RunLock;
import io.holdfast.experiment.UniversalFit;
import io.holdfast.experiment.UniversalFit.Made;
import io.holdfast.report.Report;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes one perturbation for some samples and judges it on others. */
@Command(
    name = "universal",
    mixinStandardHelpOptions = true,
    description = {
      "Makes one perturbation for all samples of --fit, keeps it, and judges it on --data, which",
      "it was not made for; --perturbation judges one that was kept, on another model too."
    })
final class UniversalCommand extends BaseCommand {
  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A",
      description = {
        "What makes it, such as uap[rule=sga] or adversarial-patch",
        "(default: ${DEFAULT-VALUE})."
      })
  private String attack = "uap";

  @Option(
      names = "--fit",
      paramLabel = "D",
      description = "The samples to make it for, such as embedded:fashion-mnist/train.")
  private @Nullable String fit;

  @Option(
      names = "--fit-examples",
      paramLabel = "N",
      description = "The most of them, the first ones (default: ${DEFAULT-VALUE}).")
  private int fitExamples = 1000;

  @Option(
      names = "--perturbation",
      paramLabel = "FILE",
      description = "One that was kept, in place of --fit and --attack.")
  private @Nullable Path kept;

  @Mixin private JobOptions.Out out = new JobOptions.Out();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    UniversalAttack maker = kept == null ? maker(problems) : null;
    Made before = kept == null ? null : before(kept, problems);
    Dataset samples = kept == null ? samples(problems) : null;
    job.check(problems);
    problems.collect(() -> RunLock.requireFree(out.folder));
    problems.collect(new RunFolder(out.folder)::requireEvaluable);
    problems.collect(() -> UniversalFit.requireReplaceable(out.folder));
    Attack judged = before == null ? maker : before.perturbation();
    try (ModelOptions.Opened opened =
            model.open(
                problems,
                (bundle, some, threat) ->
                    check(Evaluation.of(bundle.classifier()), judged, some, threat, problems));
        Job running = Job.start(job)) {
      if (judged == null) {
        throw new IllegalStateException("what was missing was reported");
      }
      if (job.dryRun) {
        Dataset asked = samples == null ? opened.samples() : samples;
        screen()
            .print(Results.estimate(evaluation(opened, running, judged).estimate(asked), job.json));
        return Exit.DONE;
      }
      try (RunLock lock = RunLock.take(out.folder)) {
        RunFolder folder = new RunFolder(out.folder);
        folder.requireEvaluable(); // another may have written there since
        folder.prepareEvaluation(job.resume);
        folder.writeCommand(typed());
        Made made =
            before == null && maker != null && samples != null
                ? fit(opened, maker, running).on(samples)
                : Objects.requireNonNull(before);
        print(
            made,
            evaluation(opened, running, made.perturbation())
                .noting(List.of(words(made)))
                .folder(out.folder)
                .resume(job.resume)
                .on(opened.samples()));
        return Exit.DONE;
      }
    }
  }

  private @Nullable UniversalAttack maker(Problems problems) {
    UniversalAttack[] maker = new UniversalAttack[1];
    ModelOptions.collect(
        "--attack", attack, problems, () -> maker[0] = UniversalFit.require(Attacks.parse(attack)));
    return maker[0];
  }

  private @Nullable Made before(Path file, Problems problems) {
    Made[] made = new Made[1];
    problems.collect(() -> made[0] = UniversalFit.read(file));
    if (fit != null) {
      problems.add("--fit", "samples to fit to, or --perturbation", "both");
    }
    return made[0];
  }

  private @Nullable Dataset samples(Problems problems) {
    String given = fit;
    if (fitExamples < 1) {
      problems.add("--fit-examples", "at least 1", Integer.toString(fitExamples));
    }
    if (given == null) {
      problems.add("--fit", "samples to make it for, or --perturbation", "nothing");
      return null;
    }
    if (given.equals(model.data)) {
      problems.add(
          "--fit",
          "other samples than those of --data, which it is judged on",
          given,
          "evaluate --attack uap judges it on what it was made for");
    }
    Dataset[] samples = new Dataset[1];
    problems.collect(() -> samples[0] = Datasets.open(given));
    return samples[0] == null ? null : samples[0].first(Math.max(1, fitExamples));
  }

  private static void check(
      Evaluation of,
      @Nullable Attack judged,
      @Nullable Dataset some,
      @Nullable ThreatModel threat,
      Problems problems) {
    Evaluation one = judged == null ? of : of.with(judged);
    (threat == null ? one : one.against(threat)).check(some, problems);
  }

  private Evaluation evaluation(ModelOptions.Opened opened, Job running, Attack judged) {
    return Evaluation.of(opened.bundle())
        .with(judged)
        .against(opened.threat())
        .seed(model.seed)
        .workers(job.workers)
        .progress(running.progress())
        .stopper(running.stopper());
  }

  private UniversalFit fit(ModelOptions.Opened opened, UniversalAttack maker, Job running) {
    return new UniversalFit(
        opened.bundle(),
        opened.threat(),
        maker,
        new Seed(model.seed),
        job.workers,
        out.folder,
        job.resume,
        running.progress(),
        running.stopper());
  }

  private static String words(Made made) {
    KeptPerturbation one = made.perturbation();
    return "%s is one perturbation; it fells %s of the %s samples that it was made for and that were right"
        .formatted(one.key(), Format.percent(made.fell().value()), Format.count(made.fell().n()));
  }

  private void print(Made made, EvaluationResult result) {
    RunFolder folder = new RunFolder(out.folder);
    Report.Builder report =
        Report.builder().title("One perturbation for all: " + model.which.model).command(typed());
    folder.addTo(report, "model").build().write(folder.report());
    if (job.json) {
      screen().print(result.card().toJson());
      return;
    }
    screen().print(Results.table(result.card()));
    screen().println("fell of those that it was made for: " + Format.percent(made.fell().value()));
    if (kept == null) {
      screen().println("perturbation: " + out.folder.resolve(UniversalFit.RESULT));
    }
    screen().println("report: " + folder.report());
  }
}
