package io.holdfast.data.image;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.data.Dataset;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * NumPy files: an .npy of images with one of labels beside it (both mapped), or an .npz of both,
 * which may hold {@code weights} and {@code groups} as well.
 */
final class NumpyReader {
  private static final String SUFFIX = ".npy";

  private NumpyReader() {}

  static Dataset npy(Path file, String title, ReadOptions options) {
    Path labels = options.use() == LabelUse.NONE ? null : labelsBeside(file, options);
    List<Path> files = labels == null ? List.of(file) : List.of(file, labels);
    return NumberArray.dataset(
        title,
        map(file, "images"),
        labels == null ? null : map(labels, "labels"),
        options,
        stopper -> SourceHash.of(files, stopper));
  }

  static Dataset npz(Path file, String title, ReadOptions options) {
    FileStore.ZipStore zip = (FileStore.ZipStore) FileStore.zip(file);
    Map<String, String> entries = new TreeMap<>();
    for (String entry : zip.names()) {
      if (entry.endsWith(SUFFIX)) {
        entries.put(entry.substring(0, entry.length() - SUFFIX.length()), entry);
      }
    }
    ArrayNames names = ArrayNames.find(file.toString(), entries.keySet(), options);
    String labels = names.labels();
    Dataset plain =
        NumberArray.dataset(
            title,
            load(file, zip, names.images()),
            labels == null ? null : load(file, zip, labels),
            options,
            stopper -> SourceHash.of(List.of(file), stopper));
    String weights = names.weights();
    String groups = names.groups();
    return Annotated.of(
        plain,
        weights == null ? null : load(file, zip, weights),
        groups == null ? null : load(file, zip, groups));
  }

  private static NumberArray map(Path file, String name) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      Npy header = Npy.parse(file.toString(), "", in);
      Bytes all = Bytes.map(file);
      Bytes values = all.slice(header.bytes(), all.size() - header.bytes());
      return new NumberArray(file.toString(), name, header.type(), header.axes(), values);
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  private static NumberArray load(Path file, FileStore.ZipStore zip, String name) {
    try (InputStream in = zip.stream(name + SUFFIX)) {
      Npy header = Npy.parse(file.toString(), name, in);
      long expected = NumberArray.byteCount(header.type(), header.axes());
      Bytes values = Bytes.drain(in, expected + 1);
      return new NumberArray(file.toString(), name, header.type(), header.axes(), values);
    } catch (IOException e) {
      Problem problem =
          new Problem(file.toString(), name, "a whole array", "damaged: " + e.getMessage());
      throw new InvalidInputException(List.of(problem), e);
    }
  }

  private static Path labelsBeside(Path file, ReadOptions options) {
    if (options.labels() != null) {
      return file.resolveSibling(options.labels());
    }
    String name = String.valueOf(file.getFileName());
    String other = name.replace("images", "labels").replaceFirst("^[xX]", "y");
    if (other.equals(name) || !Files.exists(file.resolveSibling(other))) {
      throw new InvalidInputException(
          file.toString(),
          "labels",
          "a file of labels beside it",
          other.equals(name) ? "none stated" : "no " + other,
          "say labels: FILE.npy in the data section");
    }
    return file.resolveSibling(other);
  }
}
