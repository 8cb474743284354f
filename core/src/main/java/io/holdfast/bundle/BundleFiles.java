package io.holdfast.bundle;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The entries of a bundle as bytes, in a folder or a zip. A zip holds its entries uncompressed, so
 * that none is larger than the file, and only entries that a bundle has.
 */
final class BundleFiles {
  static final String MANIFEST = "bundle.json";
  static final String GRAPH = "graph.json";
  static final String THREAT = "threat.json";
  static final String WEIGHTS = "weights.safetensors";
  static final String SCORECARD = "scorecard.json";

  /** Every entry, in the order in which a zip holds them. */
  static final List<String> NAMES = List.of(MANIFEST, GRAPH, THREAT, WEIGHTS, SCORECARD);

  static final String SUFFIX = ".holdfast";

  /** Largest entry other than the weights, in bytes. */
  private static final int TEXT_LIMIT = 16 << 20;

  /** What an array can hold. */
  private static final int WEIGHTS_LIMIT = Integer.MAX_VALUE - 64;

  /** Zip cannot say "none"; this is the first month that needs no extra field. */
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

  private BundleFiles() {}

  static boolean isZipName(Path path) {
    return path.toString().endsWith(SUFFIX);
  }

  // ---- writing

  /** Writes a zip where the name says so, else a folder; whole or not at all. */
  static void write(Path path, Map<String, byte[]> entries) {
    if (isZipName(path)) {
      AtomicFiles.write(path, out -> writeZip(out, entries));
      return;
    }
    checkReplaceable(path);
    AtomicFiles.writeFolder(
        path,
        folder -> {
          for (Map.Entry<String, byte[]> e : entries.entrySet()) {
            Files.write(folder.resolve(e.getKey()), e.getValue());
          }
        });
  }

  private static void writeZip(OutputStream out, Map<String, byte[]> entries) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (String name : NAMES) {
        byte[] content = entries.get(name);
        if (content != null) {
          zip.putNextEntry(stored(name, content));
          zip.write(content);
          zip.closeEntry();
        }
      }
    }
  }

  private static ZipEntry stored(String name, byte[] content) {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    entry.setTimeLocal(NO_TIME);
    return entry;
  }

  /** A folder is replaced as a whole, so it may hold nothing but an earlier bundle. */
  private static void checkReplaceable(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (!NAMES.contains(name)) {
          throw new InvalidInputException(
              folder.toString(),
              "",
              "a new or empty folder, or an earlier bundle",
              "a folder with " + name,
              "give a folder of its own, or a name that ends in " + SUFFIX);
        }
      }
    } catch (IOException e) {
      throw FileFailures.writing(folder, e);
    }
  }

  // ---- reading

  /**
   * The entries of a folder or zip by name, those that are there.
   *
   * @throws InvalidInputException if it cannot be read or has entries that no bundle has
   */
  static Map<String, byte[]> read(Path path) {
    Problems problems = new Problems(path.toString());
    Map<String, byte[]> entries =
        Files.isDirectory(path) ? readFolder(path, problems) : readZip(path, problems);
    problems.throwIfAny();
    return entries;
  }

  private static Map<String, byte[]> readFolder(Path folder, Problems problems) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    for (String name : NAMES) {
      Path file = folder.resolve(name);
      try {
        if (Files.exists(file) && checkSize(name, Files.size(file), problems)) {
          entries.put(name, Files.readAllBytes(file));
        }
      } catch (IOException e) {
        problems.addAll(FileFailures.reading(file, e));
      }
    }
    return entries;
  }

  private static Map<String, byte[]> readZip(Path file, Problems problems) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try {
      long size = Files.size(file);
      try (ZipFile zip = new ZipFile(file.toFile())) {
        if (checkCount(zip.size(), problems)) {
          for (ZipEntry entry : zip.stream().toList()) {
            if (check(entry, size, entries, problems)) {
              entries.put(entry.getName(), content(zip, entry, problems));
            }
          }
        }
      }
    } catch (ZipException | EOFException | IllegalArgumentException e) {
      throw damaged(file, e);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
    return entries;
  }

  private static byte[] content(ZipFile zip, ZipEntry entry, Problems problems) throws IOException {
    int size = Math.toIntExact(entry.getSize());
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] content = in.readNBytes(size);
      if (content.length < size) {
        problems.add(entry.getName(), size + " bytes", content.length + " bytes", "truncated");
      }
      return content;
    }
  }

  private static boolean checkCount(int count, Problems problems) {
    if (count > NAMES.size()) {
      problems.add("", "a zip of at most " + NAMES.size() + " entries", count + " entries");
    }
    return count <= NAMES.size();
  }

  private static boolean check(
      ZipEntry entry, long fileSize, Map<String, byte[]> before, Problems problems) {
    String name = entry.getName();
    List<String> wrong = new ArrayList<>();
    if (!NAMES.contains(name)) {
      problems.add(printable(name), "one of " + String.join(", ", NAMES), "another entry");
      return false;
    }
    if (before.containsKey(name)) {
      wrong.add("the same name twice");
    } else if (entry.getMethod() != ZipEntry.STORED) {
      wrong.add("a compressed one; unpack the zip and give the folder");
    } else if (entry.getSize() != entry.getCompressedSize() || entry.getSize() > fileSize) {
      wrong.add("a size of " + entry.getSize() + " in a file of " + fileSize + " bytes");
    }
    wrong.forEach(found -> problems.add(name, "one uncompressed entry", found));
    return wrong.isEmpty() && checkSize(name, entry.getSize(), problems);
  }

  private static boolean checkSize(String name, long size, Problems problems) {
    long limit = name.equals(WEIGHTS) ? WEIGHTS_LIMIT : TEXT_LIMIT;
    if (size > limit) {
      problems.add(name, "at most " + limit + " bytes", size + " bytes");
    }
    return size <= limit;
  }

  private static String printable(String name) {
    String clean = name.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= 60 ? clean : clean.substring(0, 60) + "...";
  }

  private static InvalidInputException damaged(Path file, Exception e) {
    return new InvalidInputException(
        List.of(
            new Problem(
                file.toString(),
                "",
                "a bundle, which is a whole zip file or a folder",
                e.getMessage() == null ? "one that ends too early" : e.getMessage(),
                "the file is truncated, damaged or something else")),
        e);
  }
}
