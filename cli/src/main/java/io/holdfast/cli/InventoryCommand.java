package io.holdfast.cli;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Call;
import io.holdfast.common.Deadline;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Table;
import io.holdfast.data.Datasets;
import io.holdfast.experiment.InventoryRun;
import io.holdfast.experiment.RunLock;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tries every attack on one model. */
@Command(
    name = "inventory",
    mixinStandardHelpOptions = true,
    description = "Tries every attack with its defaults on one model, each for a limited time.")
final class InventoryCommand extends BaseCommand {
  /** What is tried by default. */
  static final String THREATS =
      "linf:0.1,l2:1.5,l1:12,l0:25,pixels:5,patch:6,frame:2,"
          + "rotation-translation,flow,recolour:0.1,wasserstein:0.1,corruption:3";

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--attack",
      paramLabel = "A[,B]",
      description = "Names of attacks (default: all of them).")
  private @Nullable String attacks;

  @Option(
      names = "--threats",
      paramLabel = "T[,U]",
      description = {
        "The threat models to judge by, in place of --threat; each attack runs against those that",
        "it takes (default: ${DEFAULT-VALUE})."
      })
  private String threats = THREATS;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      description = "For each attack and threat model (default: ${DEFAULT-VALUE}).")
  private String budget = "60s";

  @Option(
      names = "--page",
      hidden = true,
      paramLabel = "FILE",
      description = "Also writes the table into docs/attacks.md.")
  private @Nullable Path page;

  @Mixin private JobOptions.Out out = new JobOptions.Out();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    List<AttackSpec<?>> chosen = chosen(problems);
    List<ThreatModel> sizes = new ArrayList<>();
    for (String text : Call.splitList(threats)) {
      ModelOptions.collect("--threats", text, problems, () -> sizes.add(ThreatModel.parse(text)));
    }
    InventoryRun.requireDistinct(sizes, "--threats", problems);
    Duration[] time = new Duration[1];
    ModelOptions.collect("--budget", budget, problems, () -> time[0] = Deadline.parse(budget));
    if (model.threat != null) {
      problems.add("--threat", "--threats, which may be several", model.threat);
    }
    model.threat = "linf:0.1"; // which nobody looks at; sets are not always told in a line
    job.check(problems);
    problems.collect(() -> RunLock.requireFree(out.folder));
    problems.collect(() -> InventoryRun.requireUsable(out.folder));
    try (ModelOptions.Opened opened = model.open(problems);
        Job running = Job.start(job)) {
      InventoryRun run =
          new InventoryRun(
              opened.bundle(),
              opened.samples(),
              sizes,
              time[0],
              model.seed,
              job.workers,
              out.folder,
              job.resume,
              running.progress(),
              running.stopper());
      Datasets.requireReadable(
          opened.samples(), job.workers, running.stopper(), running.progress());
      if (job.dryRun) {
        plan(run.pairs(chosen));
        return Exit.DONE;
      }
      List<InventoryRun.Row> rows;
      try (RunLock lock = RunLock.take(out.folder)) {
        rows = run.run(chosen);
      }
      AtomicFiles.write(out.folder.resolve("inventory.json"), Json.pretty(rows));
      if (page != null) {
        AttackPage.measured(page, rows);
      }
      if (job.json) {
        screen().print(Json.pretty(rows));
      } else {
        print(rows);
      }
      return Exit.DONE;
    }
  }

  /** What would be run, at most for the budget each. */
  private void plan(List<InventoryRun.Pair> pairs) {
    if (job.json) {
      screen().print(Json.pretty(pairs));
      return;
    }
    Table table = new Table("attack", "threat", "at most");
    pairs.forEach(pair -> table.row(pair.attack(), pair.threat(), budget));
    screen().print(table);
  }

  private List<AttackSpec<?>> chosen(Problems problems) {
    if (attacks == null) {
      return Attacks.describe();
    }
    List<String> names = Call.splitList(attacks);
    List<String> known = Attacks.describe().stream().map(AttackSpec::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        problems.add("--attack", "the name of an attack", name, Nearest.hint(name, known));
      }
    }
    List<AttackSpec<?>> some = new ArrayList<>();
    for (AttackSpec<?> spec : Attacks.describe()) {
      if (names.contains(spec.name())) {
        some.add(spec);
      }
    }
    return some;
  }

  private void print(List<InventoryRun.Row> rows) {
    Table table =
        new Table("attack", "threat", "fell", "distance", "gradients", "queries", "time", "");
    for (InventoryRun.Row row : rows) {
      String refused = row.refused();
      if (refused != null) {
        table.row(row.attack(), row.threat(), "-", "-", "-", "-", "-", "needs " + refused);
      } else {
        table.row(
            row.attack(),
            row.threat(),
            Format.percent(row.fell(), row.attacked()),
            AttackPage.number(row.distance()),
            AttackPage.number(row.gradients()),
            AttackPage.number(row.queries()),
            Format.seconds(row.seconds()),
            row.unfinished() == 0 ? "" : row.unfinished() + " unfinished");
      }
    }
    screen().print(table);
    screen().println("ledgers: " + out.folder);
  }
}
