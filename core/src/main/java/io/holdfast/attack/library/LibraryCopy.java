package io.holdfast.attack.library;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.InvalidInputException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Writes new libraries out of others: filtered, merged, exported. */
public final class LibraryCopy {
  private LibraryCopy() {}

  /**
   * Writes a library with some entries of others, each once, in the canonical layout: equal entries
   * give equal files, byte for byte. Of equal examples the first library's description stands, with
   * the stricter status and the earlier expiry.
   *
   * @param usableOnly true to leave out expired and suspended entries
   * @param out a new or empty folder, or an earlier library, which is replaced
   * @return number of entries
   * @throws InvalidInputException if nothing is left, or the folder holds anything else, or someone
   *     is changing it
   */
  public static int write(
      List<ExampleLibrary> sources, EntryFilter which, boolean usableOnly, Path out) {
    LibraryFolder.requireReplaceable(out);
    Map<String, Entry> chosen = new TreeMap<>();
    List<Transfer> transfers = List.of();
    for (ExampleLibrary source : sources) {
      source.sound().forEach(e -> chosen.merge(e.id(), e, Entry::merged));
      transfers = TransferFile.merge(transfers, source.transfers());
    }
    LocalDate today = sources.get(0).today();
    List<Entry> entries =
        chosen.values().stream()
            .filter(which::matches)
            .filter(e -> !usableOnly || (!e.isExpired(today) && e.status() == Status.ACTIVE))
            .toList();
    if (entries.isEmpty()) {
      throw new InvalidInputException(
          sources.get(0).folder().toString(), "", "entries that meet the conditions", "none");
    }
    List<Transfer> all = transfers;
    AtomicFiles.writeFolder(out, place -> canonical(place, sources, entries, all).write(place));
    return entries.size();
  }

  /** Writes the files of a library whose layout depends on its entries alone, but no manifest. */
  static Manifest canonical(
      Path place, List<ExampleLibrary> sources, List<Entry> entries, List<Transfer> transfers) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparing((Entry e) -> e.shape().toString()).thenComparing(e -> e));
    PartWriter writer = new PartWriter(place);
    for (Entry entry : sorted) {
      ExampleLibrary source =
          sources.stream().filter(s -> s.has(entry.id())).findFirst().orElseThrow();
      writer.add(new SavedExample(entry, source.content(entry)));
    }
    Set<String> ids = new HashSet<>();
    entries.forEach(e -> ids.add(e.id()));
    List<Transfer> kept = transfers.stream().map(t -> t.of(ids)).toList();
    return new Manifest(
        writer.finish(),
        TransferFile.write(place, kept.stream().filter(t -> !t.isEmpty()).toList()));
  }
}
