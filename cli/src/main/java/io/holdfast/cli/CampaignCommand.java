package io.holdfast.cli;

import io.holdfast.common.Deadline;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Table;
import io.holdfast.experiment.Campaign;
import io.holdfast.experiment.CampaignResult;
import io.holdfast.experiment.CampaignRun;
import io.holdfast.record.Rate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs many attacks on many models within many threat models. */
@Command(
    name = "campaign",
    mixinStandardHelpOptions = true,
    description = "Runs a file of attacks on models within threat models; see docs/campaigns.md.")
final class CampaignCommand extends BaseCommand {
  @Parameters(paramLabel = "FILE", description = "Models, threat models, attacks and data.")
  private Path file = Path.of("");

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = {
        "Pairs of model and threat model that run at once and share the threads",
        "(default: ${DEFAULT-VALUE}). Never changes results."
      })
  private int jobs = 1;

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      description = {
        "The most time that the attacks take in all, such as 20m or 1h30m (default: as long as",
        "they need); what is not finished then is marked, and --resume goes on with it."
      })
  private @Nullable String budget;

  @Mixin private JobOptions.Out out = new JobOptions.Out();
  @Mixin private JobOptions job = new JobOptions();

  @Override
  public Integer call() {
    Problems problems = new Problems("");
    if (jobs < 1) {
      problems.add("--jobs", "at least 1", Integer.toString(jobs));
    }
    Campaign[] campaign = new Campaign[1];
    problems.collect(() -> campaign[0] = Campaign.read(file));
    Duration[] time = new Duration[1];
    String most = budget;
    if (most != null) {
      ModelOptions.collect("--budget", most, problems, () -> time[0] = Deadline.parse(most));
    }
    job.check(problems);
    problems.throwIfAny();
    try (Job running = Job.start(job)) {
      CampaignRun run =
          new CampaignRun(
              campaign[0],
              out.folder,
              job.resume,
              job.workers,
              jobs,
              time[0] == null ? Deadline.none() : Deadline.in(time[0]),
              running.progress(),
              running.stopper());
      if (job.dryRun) {
        run.check();
        plan(campaign[0]);
        return Exit.DONE;
      }
      print(run.run());
      return Exit.DONE;
    }
  }

  private void plan(Campaign campaign) {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    sizes.put("models", campaign.models().size());
    sizes.put("threats", campaign.threats().size());
    sizes.put("attacks", campaign.attacks().size());
    if (job.json) {
      screen().print(Json.pretty(sizes));
    } else {
      screen().println("everything fits; " + sizes.toString().replaceAll("[{}]", ""));
    }
  }

  private void print(CampaignResult result) {
    if (job.json) {
      screen().print(result.toJson());
      return;
    }
    Table table = new Table("model", "threat", "clean", "robust", "fell most to", "");
    for (CampaignResult.Cell cell : result.cells()) {
      table.row(
          cell.model(),
          cell.threat(),
          Format.percent(cell.cleanAccuracy().value()),
          percent(cell.robustAccuracy()),
          strongest(cell),
          cell.incomplete().isEmpty() ? "" : "incomplete");
    }
    screen().print(table);
    screen().println("results: " + out.folder.resolve(CampaignRun.RESULT));
  }

  private static String percent(@Nullable Rate rate) {
    return rate == null ? "-" : Format.percent(rate.value());
  }

  private static String strongest(CampaignResult.Cell cell) {
    return cell.attacks().entrySet().stream()
        .min((a, b) -> Double.compare(a.getValue().value(), b.getValue().value()))
        .map(e -> e.getKey() + " " + Format.percent(e.getValue().value()))
        .orElse("-");
  }
}
