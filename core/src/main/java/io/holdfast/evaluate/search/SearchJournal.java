package io.holdfast.evaluate.search;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.common.LineJournal;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a search has seen so far, as JSON lines that only grow: one per setting and part of the
 * slice, so that a search that was killed goes on with nothing computed twice.
 */
public final class SearchJournal implements AutoCloseable {
  private static final String KEY = "search";

  private final @Nullable LineJournal log;
  private final Map<String, List<Tried>> known = new HashMap<>();
  private final Map<Integer, End> ends = new HashMap<>();

  private SearchJournal(@Nullable LineJournal log) {
    this.log = log;
  }

  /** What a setting did to the samples from a position of the slice on. */
  private record Line(String attack, int from, List<Tried> samples) {}

  /**
   * Where a search ended.
   *
   * @param most settings that it was to try
   * @param tried settings that it tried
   * @param cut whether its time was over; else there were no more
   */
  record End(int most, int tried, boolean cut) {}

  /** In memory alone. */
  public static SearchJournal none() {
    return new SearchJournal(null);
  }

  /**
   * In a file.
   *
   * @param search what makes searches the same one
   * @param resume whether to go on with what is there
   * @throws io.holdfast.common.InvalidInputException if it is to go on with another search's; that
   *     stays
   */
  public static SearchJournal open(Path file, String search, boolean resume) {
    if (resume) {
      LineJournal.requireAbout(file, KEY, search);
    }
    LineJournal log = LineJournal.open(file, KEY, search, resume);
    SearchJournal journal = new SearchJournal(log);
    String source = file.toString();
    for (JsonNode line : log.known()) {
      if (line.has("most")) {
        End end = Json.parse(line.toString(), source, End.class);
        journal.ends.put(end.most(), end);
      } else {
        Line seen = Json.parse(line.toString(), source, Line.class);
        journal.known.put(key(seen.attack(), seen.from()), List.copyOf(seen.samples()));
      }
    }
    return journal;
  }

  private static String key(String attack, int from) {
    return from + " " + attack;
  }

  /** What a setting did to some samples; null where that is not known. */
  @Nullable List<Tried> find(String attack, int from, int to) {
    List<Tried> samples = known.get(key(attack, from));
    return samples == null || samples.size() != to - from ? null : samples;
  }

  void add(String attack, int from, List<Tried> samples) {
    known.put(key(attack, from), samples);
    append(new Line(attack, from, samples));
  }

  /** Where an earlier search for so many settings ended. */
  Optional<End> ended(int most) {
    return Optional.ofNullable(ends.get(most));
  }

  void end(End end) {
    if (ends.put(end.most(), end) == null) {
      append(end);
    }
  }

  private void append(Object line) {
    if (log != null) {
      log.append(line);
    }
  }

  @Override
  public void close() {
    if (log != null) {
      log.close();
    }
  }
}
