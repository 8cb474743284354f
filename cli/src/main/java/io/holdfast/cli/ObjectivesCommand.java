package io.holdfast.cli;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.experiment.RecipeBook;
import io.holdfast.experiment.RecipeRow;
import io.holdfast.experiment.RecipeRun;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Passes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the objectives, or compares recipes of training with them. */
@Command(
    name = "objectives",
    mixinStandardHelpOptions = true,
    description = {
      "Lists all training objectives with their settings and costs.",
      "With --measure it trains and judges the recipes of a file."
    })
final class ObjectivesCommand extends BaseCommand {
  @ArgGroup(exclusive = false)
  private @Nullable Measure measure;

  /** What is measured, and where the results go. */
  static final class Measure {
    @Option(
        names = "--measure",
        required = true,
        paramLabel = "FILE",
        description =
            "Trains and judges the recipes of a file, such as examples/recipes/objectives.yaml.")
    Path recipes = Path.of("");

    @Option(
        names = "--out",
        required = true,
        paramLabel = "DIR",
        description = "The folder for the models and the results.")
    Path folder = Path.of("");
  }

  @Mixin private JobOptions job = new JobOptions();

  @Option(
      names = "--page",
      paramLabel = "FILE",
      description = "Makes the generated parts of docs/objectives.md or docs/recipes.md anew.")
  private @Nullable Path page;

  @Override
  public Integer call() {
    if (measure == null && (job.resume || job.dryRun)) {
      throw new InvalidInputException(
          job.resume ? "--resume" : "--dry-run", "", "--measure beside it", "no --measure");
    }
    if (measure != null) {
      measure(measure);
    } else if (page != null) {
      GeneratedPage.renew(page, ObjectivePage.generated());
    } else if (job.json) {
      screen().print(Json.pretty(ObjectivePage.json()));
    } else {
      list(screen());
    }
    return Exit.DONE;
  }

  private void measure(Measure what) {
    Problems problems = new Problems("");
    job.check(problems);
    RecipeBook[] read = new RecipeBook[1];
    problems.collect(() -> read[0] = RecipeBook.read(what.recipes, what.folder));
    problems.throwIfAny();
    RecipeBook book = read[0];
    String part = "measured " + book.name();
    if (page != null) {
      GeneratedPage.require(page, part); // now, not after hours
    }
    try (Job running = Job.start(job)) {
      RecipeRun run =
          new RecipeRun(
              book,
              Today.now(),
              what.folder,
              job.resume,
              job.workers,
              running.progress(),
              running.stopper());
      if (job.dryRun) {
        run.check();
        screen().print(job.json ? Json.pretty(RecipeTable.plan(book)) : RecipeTable.planText(book));
        return;
      }
      List<RecipeRow> rows = run.run();
      if (page != null) {
        GeneratedPage.renew(page, Map.of(part, RecipeTable.page(book, rows)));
      }
      screen().print(job.json ? Json.pretty(rows) : RecipeTable.text(rows));
    }
  }

  private static void list(PrintWriter screen) {
    for (ObjectiveSpec<?> s : Objectives.describe()) {
      Passes passes = s.passes();
      screen.println(s.name() + ": " + s.terms());
      screen.println(
          "  passes per step: "
              + passes.forwardText()
              + " forward, "
              + passes.backwardText()
              + " backward"
              + (passes.guide() == 0 ? "" : ", " + Passes.number(passes.guide()) + " of a guide"));
      if (!s.paper().isEmpty()) {
        screen.println("  " + s.paper());
      }
      s.parameters()
          .forEach(p -> screen.println("  " + p.name() + "=" + p.standard() + "  " + p.meaning()));
    }
    screen.println("k: steps of the search, train.attack.steps");
  }
}
