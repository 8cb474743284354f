package io.holdfast.data.image;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The two files of an IDX data set, found by name: {@code ...images...} and {@code ...labels...}.
 *
 * @param name for reports
 */
record IdxFiles(Path images, Path labels, String name) {

  /** Whether a file is named as IDX files are. */
  static boolean isNamedSo(Path file) {
    String name = lowerName(file);
    return name.matches(".*[.-]idx[1-4](-ubyte)?(\\.gz)?")
        || name.matches(".*-ubyte(\\.gz)?")
        || name.matches(".*\\.idx(\\.gz)?");
  }

  /** Files of images in a folder. */
  static List<Path> imagesIn(Path folder) {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(f -> isNamedSo(f) && lowerName(f).contains("images"))
          .sorted()
          .forEach(found::add);
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
    return found;
  }

  /** The pair in a folder; {@code split} chooses where there are several. */
  static IdxFiles inFolder(Path folder, ReadOptions options) {
    List<Path> all = imagesIn(folder);
    String split = options.split();
    List<Path> fitting =
        split == null ? all : all.stream().filter(f -> belongs(lowerName(f), split)).toList();
    if (fitting.size() != 1) {
      String names = String.join(", ", all.stream().map(f -> name(f)).toList());
      String expected =
          split == null ? "one file of images" : "one file of images for split " + split;
      throw new InvalidInputException(
          folder.toString(),
          "",
          expected,
          all.isEmpty() ? "none" : names,
          "say which with split: train or split: test, or name the file");
    }
    return ofImages(fitting.get(0), options);
  }

  /** The pair that {@code folder/train} means where only {@code folder/train-images...} exists. */
  static Optional<IdxFiles> byPrefix(Path prefix, ReadOptions options) {
    Path folder = prefix.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return Optional.empty();
    }
    String start = lowerName(prefix);
    List<Path> fitting =
        imagesIn(folder).stream().filter(f -> belongs(lowerName(f), start)).toList();
    return fitting.size() == 1 ? Optional.of(ofImages(fitting.get(0), options)) : Optional.empty();
  }

  /** The pair of a file of images. */
  static IdxFiles ofImages(Path images, ReadOptions options) {
    if (!lowerName(images).contains("images") && options.labels() == null) {
      throw new InvalidInputException(
          images.toString(),
          "labels",
          "the file of labels",
          "no name to find it by",
          "name the file of images, with \"images\" in its name, or say labels: FILE");
    }
    return new IdxFiles(images, labelsOf(images, options.labels()), name(images));
  }

  private static Path labelsOf(Path images, @Nullable String stated) {
    if (stated != null) {
      return images.resolveSibling(stated);
    }
    String name =
        name(images).replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1");
    Path first = images.resolveSibling(name);
    boolean packed = name.endsWith(".gz");
    Path second =
        images.resolveSibling(packed ? name.substring(0, name.length() - 3) : name + ".gz");
    if (!Files.exists(first) && !Files.exists(second)) {
      throw new InvalidInputException(
          images.toString(), "labels", first.getFileName() + " beside it", "no such file");
    }
    return Files.exists(first) ? first : second;
  }

  private static boolean belongs(String name, String split) {
    String wanted = split.toLowerCase(Locale.ROOT);
    return name.startsWith(wanted) || (wanted.equals("test") && name.startsWith("t10k"));
  }

  private static String lowerName(Path file) {
    return name(file).toLowerCase(Locale.ROOT);
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }
}
