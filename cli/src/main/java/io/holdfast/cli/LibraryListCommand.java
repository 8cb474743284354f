package io.holdfast.cli;

import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.EntryFilter;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.common.Format;
import io.holdfast.common.Json;
import io.holdfast.common.Table;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Names the entries of a library. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "Names a library's sound entries, and counts what is left out.")
final class LibraryListCommand extends BaseCommand {
  private static final int ID = 12;

  @Mixin private LibraryOptions place = new LibraryOptions();
  @Mixin private LibraryFilterOptions conditions = new LibraryFilterOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The most entries to name, 0 for all (default: ${DEFAULT-VALUE}).")
  private int limit = 50;

  @Override
  public Integer call() {
    EntryFilter filter = conditions.filter();
    ExampleLibrary library = place.load(notes());
    List<Entry> entries = library.sound().stream().filter(filter::matches).toList();
    List<Entry> named = limit > 0 ? entries.stream().limit(limit).toList() : entries;
    if (place.json) {
      Map<String, Object> all = new LinkedHashMap<>(LibrarySummary.of(library));
      all.put("matching", entries.size());
      all.put("entries", named.stream().map(Entry::toMap).toList());
      screen().print(Json.pretty(all));
      return Exit.DONE;
    }
    Table table =
        new Table(
            "id", "class", "answer", "attack", "threat", "change", "confidence", "found", "state");
    for (Entry e : named) {
      table.row(
          e.id().substring(0, ID),
          e.label(),
          e.prediction(),
          e.attack().key(),
          e.threat().name(),
          change(e),
          Format.percent(e.confidence()),
          e.date(),
          state(e, library.today()));
    }
    screen().print(table);
    if (named.size() < entries.size()) {
      screen().println("and " + Format.count(entries.size() - named.size()) + " more");
    }
    screen().println(LibrarySummary.words(library));
    return Exit.DONE;
  }

  /** In the norm of its own threat model; in L-infinity where that has none. */
  private static String change(Entry e) {
    Norm norm = e.threat().set() instanceof Additive ball ? ball.norm() : Norm.LINF;
    return norm.key() + " " + Format.number(e.distances().in(norm));
  }

  private static String state(Entry e, LocalDate today) {
    return e.isExpired(today) ? "expired " + e.expires() : e.status().key();
  }
}
