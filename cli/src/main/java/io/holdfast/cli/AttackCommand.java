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
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.experiment.AdversarialRun;
import io.holdfast.experiment.AttackSearchRun;
import io.holdfast.experiment.EvaluationSection;
import io.holdfast.experiment.Surrogates;
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
    description = {
      "Runs one attack and writes its adversarial examples.",
      "--list names all attacks, --search finds better settings first."
    })
final class AttackCommand extends BaseCommand {
  @Option(names = "--list", description = "Lists attacks and their parameters.")
  private boolean list;

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A",
      description = "One attack, such as pgd[steps=50,restarts=5].")
  private String attack = "";

  @Mixin private SurrogateOptions surrogates = new SurrogateOptions();
  @Mixin private SearchOptions search = new SearchOptions();

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
    NamedAttack chosen = chosen(problems);
    Path folder = out;
    if (folder == null) {
      problems.add("--out", "a folder for the results", "nothing");
    } else if (!search.wanted) {
      problems.collect(() -> AdversarialRun.requireUsable(folder));
    }
    search.check(problems);
    try (Surrogates others = surrogates.open(problems);
        ModelOptions.Opened opened =
            model.open(
                problems,
                (bundle, samples, threat) ->
                    check(
                        others.on(bundle.network().device()).in(Evaluation.of(bundle.classifier())),
                        chosen,
                        samples,
                        threat,
                        problems));
        Job running = Job.start(job)) {
      if (folder == null || chosen == null) {
        throw new IllegalStateException("what was missing was reported");
      }
      AdversarialRun run = run(opened, others, chosen.attack(), folder, running);
      AttackSearchRun before = search.wanted ? search.before(run, opened.samples().size()) : null;
      if (before != null) {
        before.check(opened.samples());
      } else {
        AdversarialRun.requireOneFile(opened.samples());
      }
      if (job.dryRun) {
        screen.print(Results.estimate(estimate(opened, others, chosen, before, running), job.json));
        return Exit.DONE;
      }
      if (before == null) {
        print(run.on(opened.samples()), folder, screen);
      } else {
        print(before.on(opened.samples()), folder, screen);
      }
      return Exit.DONE;
    }
  }

  private @Nullable NamedAttack chosen(Problems problems) {
    Attack[] chosen = new Attack[1];
    if (attack.isEmpty()) {
      problems.add("--attack", "an attack; --list names them", "nothing");
    } else {
      ModelOptions.collect("--attack", attack, problems, () -> chosen[0] = Attacks.parse(attack));
    }
    return chosen[0] == null ? null : EvaluationSection.named(attack);
  }

  private AdversarialRun run(
      ModelOptions.Opened opened, Surrogates others, Attack chosen, Path folder, Job running) {
    return new AdversarialRun(
        opened.bundle(),
        others,
        opened.threat(),
        chosen,
        new Seed(model.seed),
        job.workers,
        folder,
        job.resume,
        running.progress(),
        running.stopper());
  }

  private static void check(
      Evaluation of,
      @Nullable NamedAttack chosen,
      @Nullable Dataset samples,
      @Nullable ThreatModel threat,
      Problems problems) {
    Evaluation one = chosen == null ? of : of.with(chosen);
    (threat == null ? one : one.against(threat)).check(samples, problems);
  }

  private Estimate estimate(
      ModelOptions.Opened opened,
      Surrogates others,
      NamedAttack chosen,
      @Nullable AttackSearchRun before,
      Job running) {
    Estimate alone =
        others
            .in(Evaluation.of(opened.bundle()))
            .against(opened.threat())
            .with(chosen)
            .seed(model.seed)
            .workers(job.workers)
            .stopper(running.stopper())
            .estimate(opened.samples());
    return before == null ? alone : before.estimate(alone, opened.samples().size());
  }

  private void print(AdversarialRun.Summary summary, Path out, PrintWriter screen) {
    if (job.json) {
      screen.print(Json.pretty(json(summary)));
      return;
    }
    screen.print(table(summary));
    screen.println("examples: " + out.resolve(AdversarialRun.RESULT));
  }

  private void print(AttackSearchRun.Result result, Path out, PrintWriter screen) {
    if (job.json) {
      Map<String, Object> all = json(result.summary());
      all.put("search", result.search());
      screen.print(Json.pretty(all));
      return;
    }
    screen.print(table(result.summary()));
    screen.println("search: " + result.search().words());
    screen.println("settings: " + result.search().found());
    screen.println("every trial: " + out.resolve(AttackSearchRun.RESULT));
    screen.println("examples: " + out.resolve(AdversarialRun.RESULT));
  }

  private static Map<String, Object> json(AdversarialRun.Summary summary) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("attack", summary.attack());
    all.put("clean_accuracy", summary.cleanAccuracy());
    all.put("robust_accuracy", summary.robustAccuracy());
    all.put("mean_distance", summary.meanDistance());
    return all;
  }

  private static Table table(AdversarialRun.Summary summary) {
    Table table = new Table("measure", "value");
    table.row("clean accuracy", Format.percent(summary.cleanAccuracy().value()));
    table.row(
        "accuracy under " + summary.attack(), Format.percent(summary.robustAccuracy().value()));
    summary
        .meanDistance()
        .forEach((norm, d) -> table.row("mean " + norm + " of those that fell", Format.number(d)));
    return table;
  }
}
