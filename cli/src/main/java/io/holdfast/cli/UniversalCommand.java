package io.holdfast.cli;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.universal.KeptPerturbation;
import io.holdfast.attack.universal.UniversalAttack;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Format;
import io.holdfast.common.Hashes;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes one perturbation for some samples and judges it on others. */
@Command(
    name = "universal",
    mixinStandardHelpOptions = true,
    description = {
      "Makes one perturbation for many samples and judges it on others.",
      "It is made for those of --fit and judged on --data, which it was not made for;"
          + " --perturbation judges one that was kept, on another model too."
    })
final class UniversalCommand extends BaseCommand {
  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A",
      description = {
        "What makes it, such as uap[rule=sga] or adversarial-patch",
        "(default: uap)."
      })
  private @Nullable String attack;

  @Option(
      names = "--fit",
      paramLabel = "D",
      description = "The samples to make it for, such as embedded:fashion-mnist/train.")
  private @Nullable String fit;

  @Option(
      names = "--fit-examples",
      paramLabel = "N",
      description = "The most of them, the first ones (default: 1000).")
  private @Nullable Integer fitExamples;

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
                (bundle, some, threat) -> {
                  Evaluation of = Evaluation.of(bundle.classifier());
                  check(of, judged, some, threat, problems);
                  if (samples != null) {
                    check(of, judged, labelled(bundle, samples, problems), threat, problems);
                  }
                });
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
      Datasets.requireReadable(
          opened.samples(), job.workers, running.stopper(), running.progress());
      UniversalFit fitting = maker == null ? null : fit(opened, maker, running);
      if (fitting != null && samples != null) {
        fitting.check(samples); // before anything is written
      }
      try (RunLock lock = RunLock.take(out.folder)) {
        Made made = made(fitting, samples, before, running);
        Evaluation evaluation =
            evaluation(opened, running, made.perturbation())
                .noting(notes(made, opened, samples))
                .folder(out.folder)
                .resume(job.resume);
        if (job.resume) {
          evaluation.checkResumed(opened.samples());
        }
        RunFolder folder = new RunFolder(out.folder);
        folder.requireEvaluable(); // another may have written there since
        if (!job.resume && folder.holdsEvaluation()) {
          running.progress().note("the earlier evaluation in " + out.folder + " is replaced");
        }
        folder.prepareEvaluation(job.resume);
        EvaluationResult result = evaluation.on(opened.samples());
        folder.writeCommand(typed()); // now that there is a ledger beside it
        print(made, result);
        return Exit.DONE;
      }
    }
  }

  /** What is judged, in its file in the folder. */
  private Made made(
      @Nullable UniversalFit fitting,
      @Nullable Dataset samples,
      @Nullable Made before,
      Job running) {
    Path there = out.folder.resolve(UniversalFit.RESULT);
    if (!job.resume && Files.exists(there) && !there.equals(kept)) {
      running.progress().note("the earlier perturbation in " + out.folder + " is replaced");
    }
    if (fitting != null && samples != null) {
      return fitting.on(samples);
    }
    UniversalFit.copy(Objects.requireNonNull(kept), out.folder, job.resume);
    return Objects.requireNonNull(before);
  }

  /** What the figures do not say. */
  private List<String> notes(Made made, ModelOptions.Opened opened, @Nullable Dataset samples) {
    List<String> notes = new ArrayList<>();
    KeptPerturbation one = made.perturbation();
    notes.add(
        "%s is one perturbation, made within %s, where it fells %s of the %s samples that it was"
                .formatted(
                    one.key(),
                    made.threat().set().key(),
                    Format.percent(made.fell().value()),
                    Format.count(made.fell().n()))
            + " made for and that were right");
    if (!made.threat().set().equals(opened.threat().set())) {
      notes.add(
          "it is judged within %s, and cut to it where it is larger"
              .formatted(opened.threat().set().key()));
    }
    long same = samples == null ? 0 : same(samples, opened.samples());
    if (same > 0) {
      notes.add(
          "%s of the samples that it is judged on are among those that it was made for"
              .formatted(Format.count(same)));
    }
    return notes;
  }

  /** How many of some samples are also among others, by their values. */
  private static long same(Dataset madeFor, Dataset judged) {
    Set<String> known = new HashSet<>();
    for (int i = 0; i < madeFor.size(); i++) {
      known.add(hash(madeFor, i));
    }
    return IntStream.range(0, judged.size()).filter(i -> known.contains(hash(judged, i))).count();
  }

  private static String hash(Dataset samples, int index) {
    return Hashes.sha256Hex(Arrays.toString(samples.read(new int[] {index})));
  }

  private @Nullable Dataset labelled(Bundle bundle, Dataset samples, Problems problems) {
    return ModelOptions.labelled(bundle, samples, "--fit " + fit, problems);
  }

  private @Nullable UniversalAttack maker(Problems problems) {
    UniversalAttack[] maker = new UniversalAttack[1];
    String text = attack == null ? "uap" : attack;
    ModelOptions.collect(
        "--attack", text, problems, () -> maker[0] = UniversalFit.require(Attacks.parse(text)));
    return maker[0];
  }

  private @Nullable Made before(Path file, Problems problems) {
    Made[] read = new Made[1];
    problems.collect(() -> read[0] = UniversalFit.read(file));
    String made = "nothing beside --perturbation, which was made before";
    if (fit != null) {
      problems.add("--fit", made, fit);
    }
    if (attack != null) {
      problems.add("--attack", made, attack);
    }
    if (fitExamples != null) {
      problems.add("--fit-examples", made, fitExamples.toString());
    }
    return read[0];
  }

  private @Nullable Dataset samples(Problems problems) {
    String given = fit;
    int most = fitExamples == null ? 1000 : fitExamples;
    if (most < 1) {
      problems.add("--fit-examples", "at least 1", Integer.toString(most));
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
    problems.collect(() -> samples[0] = model.which.samples(given));
    return samples[0] == null ? null : samples[0].first(Math.max(1, most));
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
