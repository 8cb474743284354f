package io.holdfast.cli;

import io.holdfast.attack.AttackDriver;
import io.holdfast.common.Call;
import io.holdfast.common.Deadline;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.governor.Budgets;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.evaluate.CorruptionBenchmark;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.experiment.EvaluationSection;
import io.holdfast.experiment.Governing;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.RunLock;
import io.holdfast.experiment.Surrogates;
import io.holdfast.record.Gate;
import io.holdfast.report.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
        "(default: ${DEFAULT-VALUE}), or 'none'. 'holdfast attacks' names them."
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
        "The most time from when model and data were opened and checked, such as 20m or 1h30m",
        "(default: as long as the attacks need); clean accuracy and a first look at the model come",
        "out of it;",
        "what is not finished then is marked in the scorecard, and --resume goes on with it."
      })
  private @Nullable String budget;

  @Option(
      names = "--govern",
      paramLabel = "KEY=VALUE[,..]",
      description = {
        "Budgets: cores, memory, load and hours, such as memory=4g,load=0.9 (default: none);",
        "attacks then wait or run on fewer workers, and journal.jsonl says so. Never changes results."
      })
  private @Nullable String govern;

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
        "such as fog,gaussian-noise (default: common)."
      })
  private @Nullable String corruptionTypes;

  @Option(
      names = "--shard",
      paramLabel = "N",
      description = {
        "The most samples that an attack takes at once (default: ${DEFAULT-VALUE}). Recorded: the",
        "same results to the last bit need the same number."
      })
  private int shard = AttackDriver.SHARD;

  @Mixin private GateOptions required = new GateOptions();
  @Mixin private JobOptions.Out out = new JobOptions.Out();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    List<NamedAttack> suite = suite(problems);
    boolean suiteRead = problems.isEmpty();
    List<Corruption> types = types(problems);
    Duration most = most(problems);
    Budgets budgets = budgets(problems);
    if (shard < 1) {
      problems.add("--shard", "at least 1 sample", Integer.toString(shard));
    }
    requireCount("--curve", curve, problems);
    requireCount("--corruptions", corruptions, problems);
    List<String> keys = suite.stream().map(NamedAttack::key).toList();
    List<Gate> gates = required.read(suiteRead ? keys : null, problems);
    job.check(problems);
    problems.collect(() -> RunLock.requireFree(out.folder));
    problems.collect(new RunFolder(out.folder)::requireEvaluable);
    try (Surrogates others = surrogates.open(problems);
        ModelOptions.Opened opened = model.open(problems, check(problems, suite, types, others));
        Job running = Job.start(job)) {
      Evaluation evaluation =
          settled(
                  Evaluation.of(opened.bundle()),
                  suite,
                  types,
                  others.on(opened.bundle().network().device()))
              .against(opened.threat())
              .progress(running.progress())
              .stopper(running.stopper());
      evaluation = most == null ? evaluation : evaluation.budget(most);
      RunFolder folder = new RunFolder(out.folder);
      evaluation.check(opened.samples()); // before anything is written
      Datasets.requireReadable(
          opened.samples(), job.workers, running.stopper(), running.progress());
      if (job.dryRun) {
        screen().print(Results.estimate(evaluation.estimate(opened.samples()), job.json));
        return Exit.DONE;
      }
      try (RunLock lock = RunLock.take(out.folder)) {
        prepare(folder, running);
        EvaluationResult result =
            governed(
                evaluation.folder(out.folder).resume(job.resume),
                opened.samples(),
                budgets,
                most,
                running);
        print(result);
        return GateOptions.judge(gates, result.card(), notes());
      }
    }
  }

  /** All that is said of the evaluation but its threat model. */
  private Evaluation settled(
      Evaluation of, List<NamedAttack> suite, List<Corruption> types, Surrogates others) {
    Evaluation evaluation =
        of.with(suite.toArray(NamedAttack[]::new))
            .seed(model.seed)
            .shard(Math.max(1, shard)) // what is wrong with them was told
            .workers(Math.max(0, job.workers));
    evaluation = others.in(evaluation);
    if (curve > 0) {
      evaluation = evaluation.curve(RobustnessCurve.standard(curve));
    }
    return corruptions > 0 && !types.isEmpty()
        ? evaluation.corruptions(CorruptionBenchmark.of(corruptions, types))
        : evaluation;
  }

  /** Looks at what could be opened, so that it is named with all else that is wrong. */
  private ModelOptions.Check check(
      Problems problems, List<NamedAttack> suite, List<Corruption> types, Surrogates others) {
    return (bundle, samples, threat) -> {
      Evaluation all =
          settled(
              Evaluation.of(bundle.classifier()),
              suite,
              types,
              others.on(bundle.network().device()));
      (threat == null ? all : all.against(threat)).check(samples, problems);
    };
  }

  private static void requireCount(String option, int samples, Problems problems) {
    if (samples < 0) {
      problems.add(option, "at least 1 sample, or 0 for none", Integer.toString(samples));
    }
  }

  private @Nullable Duration most(Problems problems) {
    Duration[] most = new Duration[1];
    String time = budget;
    if (time != null) {
      ModelOptions.collect("--budget", time, problems, () -> most[0] = Deadline.parse(time));
    }
    return most[0];
  }

  private EvaluationResult governed(
      Evaluation evaluation,
      Dataset samples,
      Budgets budgets,
      @Nullable Duration most,
      Job running) {
    Deadline end = most == null ? Deadline.none() : Deadline.in(most);
    try (Governing governing =
        Governing.ofAttacks(
            budgets,
            out.folder,
            job.resume,
            job.workers,
            end,
            running.progress(),
            running.stopper())) {
      return evaluation.governor(governing.governor()).until(end).on(samples);
    }
  }

  private Budgets budgets(Problems problems) {
    Budgets[] budgets = {Budgets.NONE};
    String text = govern;
    if (text != null) {
      ModelOptions.collect(
          "--govern",
          text,
          problems,
          () -> {
            Problems found = new Problems("--govern");
            SettingsReader r = Call.parse("governor[" + text + "]").toSettings().reader(found);
            r.allow(Settings.NAME);
            budgets[0] = Budgets.readForAttacks(r);
            r.finish();
            found.throwIfAny();
          });
    }
    return budgets[0];
  }

  private void prepare(RunFolder folder, Job running) {
    folder.requireEvaluable(); // another may have written there since
    if (!job.resume && folder.holdsEvaluation()) {
      running.progress().note("the earlier evaluation in " + out.folder + " is replaced");
    }
    folder.prepareEvaluation(job.resume);
    folder.writeCommand(typed());
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
            ModelOptions.collect("--attack", text, problems, () -> add(text, suite, problems));
          }
        });
    return suite;
  }

  private static void add(String text, List<NamedAttack> suite, Problems problems) {
    NamedAttack attack = EvaluationSection.named(text);
    Optional<NamedAttack> same = suite.stream().filter(attack::isSame).findFirst();
    if (same.isPresent()) {
      problems.add("--attack", "each attack once", attack.sameAs(same.get()));
    } else {
      suite.add(attack);
    }
  }

  private List<Corruption> types(Problems problems) {
    String types = corruptionTypes == null ? "common" : corruptionTypes.strip();
    if (corruptionTypes != null && corruptions == 0) {
      problems.add("--corruption-types", "--corruptions beside it", "no --corruptions");
    }
    return switch (types) {
      case "common" -> Corruption.COMMON;
      case "all" -> Corruption.ALL;
      default -> named(types, problems);
    };
  }

  private static List<Corruption> named(String chosen, Problems problems) {
    List<String> names = Corruption.ALL.stream().map(Corruption::key).toList();
    List<Corruption> types = new ArrayList<>();
    for (String name : Call.splitList(chosen)) {
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
}
