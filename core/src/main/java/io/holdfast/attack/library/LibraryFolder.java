package io.holdfast.attack.library;

import io.holdfast.attack.library.Checks.Finding;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.FolderLock;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Changes libraries. Each change is made whole or not at all: new files are on disk before {@code
 * library.json} names them, and files that it no longer names are deleted last. One process changes
 * a library at a time; readers are not kept waiting.
 */
public final class LibraryFolder {
  private static final String LOCK = ".lock";
  private static final String HINT =
      "take it from a copy of the library, or remove damaged entries as well: prune --damaged";

  private final Path folder;

  private LibraryFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * The library in a folder, which is made with the first example where there is none.
   *
   * @throws InvalidInputException if the folder holds anything else
   */
  public static LibraryFolder at(Path folder) {
    requireUsable(folder);
    return new LibraryFolder(folder);
  }

  /**
   * What adding came to.
   *
   * @param added number of new entries
   * @param duplicates number of examples that were there already; their status is now the stricter
   *     and their expiry the earlier of both
   * @param refused examples that are not sound
   */
  public record Added(int added, int duplicates, List<LeftOut> refused) {}

  /**
   * Adds examples, each once; what is not sound is refused and told.
   *
   * @throws InvalidInputException if the library cannot be read or written
   */
  public Added add(Iterable<SavedExample> examples, LocalDate today) {
    return changing(
        () -> {
          ExampleLibrary library = Manifest.isIn(folder) ? load(today) : null;
          Set<String> known = library == null ? new HashSet<>() : library.ids();
          Map<String, Entry> again = new TreeMap<>();
          List<LeftOut> refused = new ArrayList<>();
          PartWriter writer = new PartWriter(folder);
          int added = 0;
          int duplicates = 0;
          for (SavedExample example : examples) {
            Entry entry = example.entry();
            Finding finding = Checks.sound(entry, example.content());
            if (finding != null) {
              refused.add(finding.of(entry.id(), "sample " + entry.source().sampleId()));
            } else if (known.add(entry.id())) {
              writer.add(example);
              added++;
            } else {
              again.merge(entry.id(), entry, Entry::merged);
              duplicates++;
            }
          }
          List<PartInfo> parts =
              library == null ? new ArrayList<>() : relabelled(library, e -> merged(e, again));
          parts.addAll(writer.finish());
          commit(new Manifest(parts, library == null ? "" : library.manifest().transfers()));
          return new Added(added, duplicates, refused);
        });
  }

  /**
   * Takes over the sound entries of another library, and its measured transfer. Where there is no
   * library yet, files with equal content are equal byte for byte.
   *
   * @throws InvalidInputException if there is nothing to take over
   */
  public Added take(ExampleLibrary other, LocalDate today) {
    if (!Manifest.isIn(folder)) {
      int count = LibraryCopy.write(List.of(other), EntryFilter.ALL, false, folder);
      return new Added(count, 0, List.of());
    }
    Added added = add(() -> other.sound().stream().map(other::example).iterator(), today);
    other.transfers().forEach(t -> note(t, today));
    return added;
  }

  private static Entry merged(Entry entry, Map<String, Entry> again) {
    Entry other = again.get(entry.id());
    return other == null ? entry : entry.merged(other);
  }

  /**
   * Gives entries another status or expiry.
   *
   * @return how many were changed
   */
  public int mark(EntryFilter which, UnaryOperator<Entry> change, LocalDate today) {
    return changing(
        () -> {
          ExampleLibrary library = load(today);
          int[] changed = new int[1];
          List<PartInfo> parts =
              relabelled(
                  library,
                  e -> {
                    Entry next = which.matches(e) ? change.apply(e) : e;
                    changed[0] += next.equals(e) ? 0 : 1;
                    return next;
                  });
          commit(new Manifest(parts, library.manifest().transfers()));
          return changed[0];
        });
  }

  /** A change for {@link #mark}: another status, and another expiry where one is given. */
  public static UnaryOperator<Entry> marking(@Nullable Status status, @Nullable LocalDate expires) {
    return e ->
        e.with(status == null ? e.status() : status, expires == null ? e.expires() : expires);
  }

  /**
   * What pruning came to.
   *
   * @param expired number of entries removed because of their age
   * @param damaged number of damaged ones removed
   * @param kept number of entries left
   */
  public record Pruned(int expired, int damaged, long kept) {}

  /**
   * Removes expired entries, numbers and all, and damaged ones if that is wanted.
   *
   * @throws InvalidInputException if a file that has to be written anew holds damaged entries that
   *     are not to be removed
   */
  public Pruned prune(LocalDate today, boolean alsoDamaged) {
    return changing(
        () -> {
          ExampleLibrary library = load(today);
          if (!alsoDamaged) {
            refuseDamage(library);
          }
          List<Entry> kept = library.sound().stream().filter(e -> !e.isExpired(today)).toList();
          int expired = library.sound().size() - kept.size();
          long damaged = library.size() - library.sound().size();
          if (expired + damaged > 0 || !library.damaged().isEmpty()) {
            commit(LibraryCopy.canonical(folder, List.of(library), kept, library.transfers()));
          }
          return new Pruned(expired, Math.toIntExact(damaged), kept.size());
        });
  }

  private static void refuseDamage(ExampleLibrary library) {
    List<Problem> problems =
        library.damaged().stream()
            .map(l -> new Problem(l.where(), l.id(), "a sound entry", l.reason(), HINT))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /** Keeps a measurement, in place of an earlier one of the same model. */
  public void note(Transfer transfer, LocalDate today) {
    changing(
        () -> {
          ExampleLibrary library = load(today);
          List<Transfer> all = TransferFile.merge(library.transfers(), List.of(transfer));
          commit(new Manifest(library.manifest().parts(), TransferFile.write(folder, all)));
          return all;
        });
  }

  /** The parts, with new lines where a description has changed; damaged lines stay as they are. */
  private List<PartInfo> relabelled(ExampleLibrary library, UnaryOperator<Entry> change) {
    Set<String> sound = library.ids();
    List<PartInfo> parts = new ArrayList<>();
    for (Part part : library.parts()) {
      parts.add(part.relabelled(folder, sound, change));
    }
    return parts;
  }

  // ---- safety

  private ExampleLibrary load(LocalDate today) {
    return ExampleLibrary.load(folder, today);
  }

  /** Makes the new state the library's. */
  private void commit(Manifest next) {
    next.write(folder);
    List<String> named = next.files();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (PartInfo.isOwn(name) && !named.contains(name)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  private interface Change<T> {
    T make();
  }

  private <T> T changing(Change<T> change) {
    AtomicFiles.ensureWritableFolder(folder);
    FolderLock lock = locked();
    try {
      AtomicFiles.removeLeftovers(folder);
      return change.make();
    } finally {
      lock.delete();
    }
  }

  private FolderLock locked() {
    FolderLock lock = FolderLock.take(folder.resolve(LOCK));
    if (lock == null) {
      throw taken(folder);
    }
    return lock;
  }

  private static InvalidInputException taken(Path folder) {
    return new InvalidInputException(
        folder.toString(),
        "",
        "a library that no one else is changing",
        "one that another process is changing",
        "wait for it to end");
  }

  /** Refuses a folder that holds other things and no library. */
  static void requireUsable(Path folder) {
    if (Files.isDirectory(folder) && !Manifest.isIn(folder)) {
      requireOnly(
          folder,
          name -> PartInfo.isOwn(name) || name.startsWith("."),
          "a new or empty folder, or a library of examples",
          "give a folder of its own");
    }
  }

  /**
   * Refuses a folder that must not be replaced whole: one that holds anything beside a library, or
   * that someone else is changing.
   */
  static void requireReplaceable(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    if (!FolderLock.isFree(folder.resolve(LOCK))) {
      throw taken(folder);
    }
    requireOnly(
        folder,
        name -> PartInfo.isOwn(name) || name.equals(Manifest.FILE) || AtomicFiles.isLeftover(name),
        "a new or empty folder, or a library of examples and nothing beside it: all of it is replaced",
        "move it away, or give a folder of its own");
  }

  private static void requireOnly(
      Path folder, Predicate<String> own, String expected, String hint) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        if (!own.test(name)) {
          throw new InvalidInputException(
              folder.toString(), "", expected, "a folder with " + name, hint);
        }
      }
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
  }
}
