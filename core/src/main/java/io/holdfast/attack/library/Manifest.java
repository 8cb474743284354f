package io.holdfast.attack.library;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The file {@code library.json}, which says what belongs to the library: whatever else lies in the
 * folder does not.
 *
 * @param parts in the order in which they were added
 * @param transfers hash of the file of measured transfer, empty for none
 */
record Manifest(List<PartInfo> parts, String transfers) {
  static final String FILE = "library.json";
  static final Manifest EMPTY = new Manifest(List.of(), "");
  private static final String FORMAT = "holdfast-library";
  private static final int VERSION = 1;

  Manifest {
    parts = List.copyOf(parts);
  }

  /** Number of entries. */
  long count() {
    return parts.stream().mapToLong(PartInfo::count).sum();
  }

  /** Names of the files that belong to the library, this one apart. */
  List<String> files() {
    List<String> names = new ArrayList<>();
    for (PartInfo part : parts) {
      names.add(part.tensorsFile());
      names.add(part.entriesFile());
    }
    if (!transfers.isEmpty()) {
      names.add(PartInfo.transfersFile(transfers));
    }
    return names;
  }

  static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE));
  }

  void write(Path folder) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("format", FORMAT);
    map.put("version", VERSION);
    map.put("parts", parts.stream().map(PartInfo::toMap).toList());
    if (!transfers.isEmpty()) {
      map.put("transfers", transfers);
    }
    AtomicFiles.write(folder.resolve(FILE), Json.pretty(Sealed.seal(map)));
  }

  /**
   * Reads it.
   *
   * @throws InvalidInputException if the folder holds no library, or the file was damaged
   */
  static Manifest read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "a library of examples, a folder with " + FILE,
          Files.isDirectory(folder)
              ? "a folder without one"
              : Files.exists(folder) ? "a file" : "no such folder");
    }
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
    Sealed sealed = Sealed.parse(text, file.toString());
    requireFormat(sealed);
    if (!sealed.intact()) {
      throw new InvalidInputException(
          file.toString(),
          "record",
          "the SHA-256 of the other keys",
          "another one",
          "the file was changed after it was written; take it from a copy of the library");
    }
    return sealed.read(Manifest::read);
  }

  private static void requireFormat(Sealed sealed) {
    String format = sealed.object().path("format").asText();
    if (!format.equals(FORMAT)) {
      throw new InvalidInputException(
          sealed.where(), "format", '"' + FORMAT + '"', '"' + format + '"');
    }
    int version = sealed.object().path("version").asInt();
    if (version != VERSION) {
      throw new InvalidInputException(
          sealed.where(),
          "version",
          "format version " + VERSION,
          sealed.object().path("version").toString(),
          version > VERSION ? "a later Holdfast wrote it" : null);
    }
  }

  private static Manifest read(SettingsReader r) {
    r.allow("format", "version");
    List<PartInfo> parts = r.sections("parts").stream().map(PartInfo::read).toList();
    return new Manifest(parts, r.has("transfers") ? EntryFormat.hash(r, "transfers") : "");
  }
}
