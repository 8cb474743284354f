package io.holdfast.cli;

import io.holdfast.common.Json;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.Passes;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the objectives. */
@Command(
    name = "objectives",
    mixinStandardHelpOptions = true,
    description = "Lists all training objectives with their settings and costs.")
final class ObjectivesCommand extends BaseCommand {
  @Option(
      names = "--json",
      description = "Names, terms, passes and parameters with defaults, as JSON alone.")
  private boolean json;

  @Option(
      names = "--page",
      paramLabel = "FILE",
      hidden = true,
      description = "Makes the generated parts of docs/objectives.md anew.")
  private @Nullable Path page;

  @Override
  public Integer call() {
    if (page != null) {
      GeneratedPage.renew(page, ObjectivePage.generated());
    } else if (json) {
      screen().print(Json.pretty(ObjectivePage.json()));
    } else {
      list(screen());
    }
    return Exit.DONE;
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
