package io.holdfast.cli;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Json;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the attacks. */
@Command(
    name = "attacks",
    mixinStandardHelpOptions = true,
    description = "Lists all attacks with their settings.")
final class AttacksCommand extends BaseCommand {
  @Option(
      names = "--json",
      description = "Names, norms, knowledge, targets and parameters with defaults, as JSON alone.")
  private boolean json;

  @Option(
      names = "--page",
      paramLabel = "FILE",
      hidden = true,
      description = "Makes the generated parts of docs/attacks.md anew.")
  private @Nullable Path page;

  @Override
  public Integer call() {
    if (page != null) {
      AttackPage.renew(page);
    } else {
      list(screen(), json);
    }
    return Exit.DONE;
  }

  static void list(PrintWriter screen, boolean json) {
    if (json) {
      screen.print(Json.pretty(AttackPage.json()));
      return;
    }
    for (AttackSpec<?> s : Attacks.describe()) {
      screen.println(s.name() + ": " + s.summary());
      screen.println("  against " + String.join(", ", s.sets()));
      if (!s.paper().isEmpty()) {
        screen.println("  " + s.paper());
      }
      s.parameters()
          .forEach(p -> screen.println("  " + p.name() + "=" + p.standard() + "  " + p.meaning()));
    }
  }
}
