package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.data.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/** Opens image data of any supported format. */
public final class ImageSources {
  private static final String FORMATS =
      "IDX files, a folder or .zip with one folder of PNG or JPEG files per class, .csv, .npy, .npz"
          + " or .safetensors";

  private static final Set<String> OF_IMAGES =
      Set.of("split", "classes", "resize", "crop", "colour");
  private static final Set<String> OF_IDX = Set.of("split", "layout", "labels", "classes");
  private static final Set<String> OF_ARRAYS =
      Set.of("split", "layout", "images", "labels", "classes");
  private static final Set<String> OF_ARRAY = Set.of("layout", "labels", "classes");
  private static final Set<String> OF_CSV =
      Set.of("shape", "label_column", "header", "classes", "scale");

  private ImageSources() {}

  /**
   * Opens a file or folder; the format follows from its name and content.
   *
   * @throws InvalidInputException if it is missing, damaged, or no known format
   */
  public static Dataset open(Path path, ReadOptions options) {
    if (Files.isDirectory(path)) {
      return folder(path, options);
    }
    if (!Files.exists(path)) {
      return idxByPrefix(path, options);
    }
    return file(path, options);
  }

  private static Dataset folder(Path path, ReadOptions options) {
    if (!IdxFiles.imagesIn(path).isEmpty()) {
      return idx(path, IdxFiles.inFolder(path, options), options);
    }
    return images(path, FileStore::folder, options);
  }

  private static Dataset images(Path path, Function<Path, FileStore> opened, ReadOptions options) {
    options.requireOnly(path.toString(), "a folder of images", OF_IMAGES);
    return new FolderImages(path.toString(), name(path), opened.apply(path), options);
  }

  private static Dataset idx(Path path, IdxFiles files, ReadOptions options) {
    options.requireOnly(path.toString(), "IDX files", OF_IDX);
    return IdxReader.read(files, options);
  }

  private static Dataset file(Path path, ReadOptions options) {
    String name = name(path).toLowerCase(Locale.ROOT);
    if (name.endsWith(".zip")) {
      return images(path, FileStore::zip, options);
    }
    if (name.endsWith(".npz")) {
      options.requireOnly(path.toString(), "an .npz file", OF_ARRAYS);
      return NumpyReader.npz(path, name(path), options);
    }
    if (name.endsWith(".npy")) {
      requireNoSplit(path, options);
      options.requireOnly(path.toString(), "an .npy file", OF_ARRAY);
      return NumpyReader.npy(path, name(path), options);
    }
    if (name.endsWith(".safetensors")) {
      options.requireOnly(path.toString(), "a safetensors file", OF_ARRAYS);
      return SafetensorsReader.read(path, name(path), options);
    }
    if (name.endsWith(".csv") || name.endsWith(".csv.gz")) {
      requireNoSplit(path, options);
      options.requireOnly(path.toString(), "a CSV file", OF_CSV);
      return CsvReader.read(path, name(path), options);
    }
    if (IdxFiles.isNamedSo(path)) {
      requireNoSplit(path, options);
      return idx(path, IdxFiles.ofImages(path, options), options);
    }
    throw unknown(path);
  }

  private static Dataset idxByPrefix(Path path, ReadOptions options) {
    IdxFiles files =
        IdxFiles.byPrefix(path, options)
            .orElseThrow(
                () ->
                    new InvalidInputException(path.toString(), "", "a file or folder", "nothing"));
    requireNoSplit(path, options); // the prefix names the set
    return idx(path, files, options);
  }

  /** A part of a file that has none would be all of it: training samples would be tested on. */
  private static void requireNoSplit(Path path, ReadOptions options) {
    if (options.split() != null) {
      throw new InvalidInputException(
          path.toString(),
          "split",
          "a folder, an archive or a file that holds several sets",
          "a file of one set, asked for " + options.split(),
          "name a file for each set");
    }
  }

  private static String name(Path path) {
    return String.valueOf(path.toAbsolutePath().normalize().getFileName());
  }

  private static InvalidInputException unknown(Path path) {
    return new InvalidInputException(path.toString(), "", FORMATS, "neither of these");
  }
}
