package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.data.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Opens image data of any supported format. */
public final class ImageSources {
  private static final String FORMATS =
      "IDX files, a folder or .zip with one folder of PNG or JPEG files per class, .csv, .npy, .npz"
          + " or .safetensors";

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
      return IdxReader.read(IdxFiles.inFolder(path, options), options);
    }
    return new FolderImages(path.toString(), name(path), FileStore.folder(path), options);
  }

  private static Dataset file(Path path, ReadOptions options) {
    String name = name(path).toLowerCase(Locale.ROOT);
    if (name.endsWith(".zip")) {
      return new FolderImages(path.toString(), name(path), FileStore.zip(path), options);
    }
    if (name.endsWith(".npz")) {
      return NumpyReader.npz(path, name(path), options);
    }
    if (name.endsWith(".npy")) {
      requireNoSplit(path, options);
      return NumpyReader.npy(path, name(path), options);
    }
    if (name.endsWith(".safetensors")) {
      return SafetensorsReader.read(path, name(path), options);
    }
    if (name.endsWith(".csv") || name.endsWith(".csv.gz")) {
      requireNoSplit(path, options);
      return CsvReader.read(path, name(path), options);
    }
    if (IdxFiles.isNamedSo(path)) {
      requireNoSplit(path, options);
      return IdxReader.read(IdxFiles.ofImages(path, options), options);
    }
    throw unknown(path);
  }

  private static Dataset idxByPrefix(Path path, ReadOptions options) {
    return IdxFiles.byPrefix(path, options)
        .map(files -> IdxReader.read(files, options))
        .orElseThrow(
            () -> new InvalidInputException(path.toString(), "", "a file or folder", "nothing"));
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
