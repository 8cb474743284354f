package io.holdfast.attack.library;

import io.holdfast.attack.library.Checks.Finding;
import io.holdfast.attack.library.EntryFormat.Line;
import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.common.Hashes;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * A library of adversarial examples as it was found on a day: every example was verified when it
 * was loaded, and what did not pass is told and left out. {@code docs/library-format.md} says what
 * is in the folder; {@link LibraryFolder} changes it.
 *
 * <p>Immutable; safe for many threads. Numbers stay on disk until they are asked for, and are
 * verified again each time.
 */
public final class ExampleLibrary {
  private static final int ATTEMPTS = 3;

  private final Path folder;
  private final Manifest manifest;
  private final List<Part> parts;
  private final LocalDate today;
  private final Map<String, Place> sound = new TreeMap<>();
  private final List<Entry> usable = new ArrayList<>();
  private final List<LeftOut> leftOut = new ArrayList<>();
  private final List<Transfer> transfers;

  /** Where an entry's numbers lie. */
  private record Place(Part part, Line line) {}

  private ExampleLibrary(Path folder, Manifest manifest, List<Part> parts, LocalDate today) {
    this.folder = folder;
    this.manifest = manifest;
    this.parts = parts;
    this.today = today;
    for (Part part : parts) {
      leftOut.addAll(part.faults());
      part.lines().forEach(line -> verify(part, line));
    }
    sound.values().stream().map(p -> p.line().entry()).forEach(this::judge);
    transfers = TransferFile.read(folder, manifest, leftOut);
  }

  /**
   * Loads a library and verifies every example in it: hash, label, membership in its threat model.
   *
   * @param today the day by which expiry is judged
   * @throws InvalidInputException if the folder holds no library, or its {@code library.json} is
   *     damaged; whatever else is wrong is told by {@link #leftOut}
   */
  public static ExampleLibrary load(Path folder, LocalDate today) {
    Manifest manifest = Manifest.read(folder);
    for (int attempt = 1; ; attempt++) {
      Manifest read = manifest;
      List<Part> parts = read.parts().stream().map(p -> Part.open(folder, p)).toList();
      boolean whole = read.files().stream().allMatch(f -> Files.exists(folder.resolve(f)));
      manifest = whole ? read : Manifest.read(folder);
      // A writer may have replaced the files between our look at the manifest and that at them.
      if (whole || manifest.equals(read) || attempt == ATTEMPTS) {
        return new ExampleLibrary(folder, read, parts, today);
      }
    }
  }

  private void verify(Part part, Line line) {
    Entry entry = line.entry();
    String where = part.where(line.row());
    Finding finding;
    try {
      finding = Checks.sound(entry, part.read(line.row()));
    } catch (InvalidInputException e) {
      Problem first = e.problems().get(0);
      finding =
          new Finding(Fault.DAMAGED, "expected " + first.expected() + ", found " + first.found());
    }
    if (finding != null) {
      leftOut.add(finding.of(entry.id(), where));
    } else if (sound.putIfAbsent(entry.id(), new Place(part, line)) != null) {
      leftOut.add(new LeftOut(entry.id(), Fault.CHANGED, where, "the same example twice"));
    }
  }

  private void judge(Entry entry) {
    String where = folder.toString();
    if (entry.isExpired(today)) {
      leftOut.add(
          new LeftOut(entry.id(), Fault.EXPIRED, where, "it expired on " + entry.expires()));
    } else if (entry.status() == Status.SUSPENDED) {
      leftOut.add(new LeftOut(entry.id(), Fault.SUSPENDED, where, "it is suspended"));
    } else {
      usable.add(entry);
    }
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** The day by which expiry was judged. */
  public LocalDate today() {
    return today;
  }

  /** Number of entries that the library should have. */
  public long size() {
    return manifest.count();
  }

  /** Sound entries that are active and have not expired, in the order of their ids. */
  public List<Entry> usable() {
    return List.copyOf(usable);
  }

  /**
   * As {@link #usable}, which must not be empty.
   *
   * @throws InvalidInputException if it is
   */
  List<Entry> requireUsable() {
    if (usable.isEmpty()) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "examples that can be used on " + today,
          "none of " + size(),
          leftOut.isEmpty() ? null : "the first reason: " + leftOut.get(0).message());
    }
    return usable();
  }

  /** All sound entries, expired and suspended ones too, in the order of their ids. */
  public List<Entry> sound() {
    return sound.values().stream().map(p -> p.line().entry()).toList();
  }

  /** Everything that is not used, with the reason. */
  public List<LeftOut> leftOut() {
    return List.copyOf(leftOut);
  }

  /** What is damaged, among {@link #leftOut}. */
  public List<LeftOut> damaged() {
    return leftOut.stream().filter(l -> l.fault().isDamage()).toList();
  }

  /** Measured transfer to other models, one for each model. */
  public List<Transfer> transfers() {
    return transfers;
  }

  /** SHA-256 over ids, descriptions and measured transfer: equal in every copy. */
  public String hash() {
    MessageDigest digest = Hashes.sha256();
    for (Entry entry : sound()) {
      String line = EntryFormat.write(new Line(0, entry)) + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    for (Transfer transfer : transfers) {
      digest.update((TransferFile.write(transfer) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return Hashes.hex(digest);
  }

  /**
   * The numbers of a sound entry, verified against its id.
   *
   * @throws HoldfastException if the file was changed since the library was loaded
   */
  public Content content(Entry entry) {
    Place place = Objects.requireNonNull(sound.get(entry.id()), "an entry of another library");
    Content content = place.part().read(place.line().row());
    if (!content.id().equals(entry.id())) {
      throw new HoldfastException(
          place.part().where(place.line().row())
              + ": the example "
              + entry.id()
              + " was changed while it was in use; run 'holdfast library verify'");
    }
    return content;
  }

  /** As {@link #content}, with its description. */
  SavedExample example(Entry entry) {
    return new SavedExample(entry, content(entry));
  }

  /**
   * The entry whose id begins so.
   *
   * @throws InvalidInputException if there is none, or several
   */
  public Entry find(String beginning) {
    List<Entry> found = sound().stream().filter(e -> e.id().startsWith(beginning)).toList();
    if (found.size() != 1 || beginning.isEmpty()) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "one entry whose id begins with " + beginning,
          found.isEmpty() ? "none that is sound" : found.size() + " of them");
    }
    return found.get(0);
  }

  Manifest manifest() {
    return manifest;
  }

  List<Part> parts() {
    return parts;
  }

  /** Whether there is a sound entry of this id. */
  boolean has(String id) {
    return sound.containsKey(id);
  }

  /** Ids of all sound entries. */
  Set<String> ids() {
    return new HashSet<>(sound.keySet());
  }
}
