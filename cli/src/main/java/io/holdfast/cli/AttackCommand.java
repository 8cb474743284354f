package io.holdfast.cli;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Table;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.Estimate;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.experiment.AdversarialRun;
import io.holdfast.experiment.EvaluationSection;
import io.holdfast.threat.ThreatModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs one attack and keeps its adversarial examples, or lists the attacks. */
@Command(
    name = "attack",
    mixinStandardHelpOptions = true,
    description = "Runs one attack and writes its adversarial examples; --list names all attacks.")
final class AttackCommand extends BaseCommand {
  @Option(names = "--list", description = "Lists attacks and their parameters.")
  private boolean list;

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A",
      description = "One attack, such as pgd[steps=50,restarts=5].")
  private String attack = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder for adversarial.safetensors and png/.")
  private @Nullable Path out;

  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    PrintWriter screen = screen();
    if (list) {
      AttacksCommand.list(screen, job.json);
      return Exit.DONE;
    }
    Problems problems = new Problems("");
    Attack[] chosen = new Attack[1];
    if (attack.isEmpty()) {
      problems.add("--attack", "an attack; --list names them", "nothing");
    } else {
      ModelOptions.collect("--attack", attack, problems, () -> chosen[0] = Attacks.parse(attack));
    }
    Path folder = out;
    if (folder == null) {
      problems.add("--out", "a folder for the results", "nothing");
      folder = Path.of("");
    }
    Path results = folder;
    if (out != null) {
      problems.collect(() -> AdversarialRun.requireUsable(results));
    }
    try (ModelOptions.Opened opened =
            model.open(
                problems,
                (bundle, samples, threat) ->
                    check(
                        Evaluation.of(bundle.classifier()), chosen[0], samples, threat, problems));
        Job running = Job.start(job)) {
      if (job.dryRun) {
        Estimate estimate =
            Evaluation.of(opened.bundle())
                .against(opened.threat())
                .with(EvaluationSection.named(attack))
                .seed(model.seed)
                .workers(job.workers)
                .stopper(running.stopper())
                .estimate(opened.samples());
        screen.print(Results.estimate(estimate, job.json));
        return Exit.DONE;
      }
      AdversarialRun.Summary summary =
          new AdversarialRun(
                  opened.bundle(),
                  opened.threat(),
                  chosen[0],
                  new Seed(model.seed),
                  job.workers,
                  folder,
                  job.resume,
                  running.progress(),
                  running.stopper())
              .on(opened.samples());
      print(summary, folder, screen);
      return Exit.DONE;
    }
  }

  private static void check(
      Evaluation of,
      @Nullable Attack chosen,
      @Nullable Dataset samples,
      @Nullable ThreatModel threat,
      Problems problems) {
    Evaluation one = chosen == null ? of : of.with(chosen);
    (threat == null ? one : one.against(threat)).check(samples, problems);
  }

  private void print(AdversarialRun.Summary summary, Path out, PrintWriter screen) {
    if (job.json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("attack", summary.attack());
      all.put("clean_accuracy", summary.cleanAccuracy());
      all.put("robust_accuracy", summary.robustAccuracy());
      all.put("mean_distance", summary.meanDistance());
      screen.print(Json.pretty(all));
      return;
    }
    Table table = new Table("measure", "value");
    table.row("clean accuracy", Format.percent(summary.cleanAccuracy().value()));
    table.row("accuracy under " + summary.attack(), percent(summary));
    summary
        .meanDistance()
        .forEach((norm, d) -> table.row("mean " + norm + " of those that fell", number(d)));
    screen.print(table);
    screen.println("examples: " + out.resolve("adversarial.safetensors"));
  }

  private static String percent(AdversarialRun.Summary summary) {
    return Format.percent(summary.robustAccuracy().value());
  }

  private static String number(double value) {
    return Format.number(value);
  }
}
