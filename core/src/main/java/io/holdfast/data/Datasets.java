package io.holdfast.data;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.image.ImageSources;
import io.holdfast.data.image.ReadOptions;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Opens data sets by name, file or folder. */
public final class Datasets {
  private static final String EMBEDDED = "embedded:";

  private Datasets() {}

  /**
   * Opens {@code embedded:NAME/SPLIT} (such as {@code embedded:fashion-mnist/test}), a file or a
   * folder. For IDX files {@code folder/train} stands for {@code folder/train-images...} and its
   * labels. Options may follow in brackets, as in {@code photos.zip[resize=[32,32]]}; see {@link
   * DataSource#parse}.
   *
   * @throws InvalidInputException if there is no such data, or it is damaged
   */
  public static Dataset open(String spec) {
    return DataSource.parse(spec).open();
  }

  /**
   * Opens the {@code data} section of an experiment file; see {@link DataSource#read}.
   *
   * @throws InvalidInputException with every problem of the section, or of the data
   */
  public static Dataset open(Settings section) {
    Problems problems = new Problems(section.place());
    SettingsReader reader = section.reader(problems);
    DataSource source = DataSource.read(reader);
    reader.finish();
    problems.throwIfAny();
    return source.open();
  }

  /**
   * Opens {@code embedded:NAME/SPLIT}, a file or a folder of exactly this name, read in a given
   * way; embedded data take no options.
   *
   * @throws InvalidInputException if there is no such data, or it is damaged
   */
  public static Dataset open(String spec, ReadOptions options) {
    if (spec.startsWith(EMBEDDED)) {
      if (!options.equals(ReadOptions.DEFAULTS)) {
        throw new InvalidInputException(
            spec, "", "embedded data without options", options.toString());
      }
      return embedded(spec.substring(EMBEDDED.length()));
    }
    try {
      return ImageSources.open(Path.of(spec), options);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(spec, "", "a file or folder", "no valid path");
    }
  }

  private static Dataset embedded(String name) {
    List<String> known = new ArrayList<>();
    for (EmbeddedDatasets supplier : ServiceLoader.load(EmbeddedDatasets.class)) {
      if (supplier.names().contains(name)) {
        return supplier.open(name);
      }
      known.addAll(supplier.names());
    }
    String choices =
        known.isEmpty()
            ? "embedded data on the class path (module holdfast-datasets)"
            : "one of embedded:" + String.join(", embedded:", known);
    throw new InvalidInputException(EMBEDDED + name, "", choices, EMBEDDED + name);
  }

  /**
   * Reads every sample once, since images are decoded when they are read.
   *
   * @throws InvalidInputException naming every sample that cannot be read
   */
  public static void requireReadable(Dataset data) {
    Problems problems = new Problems(data.info().name());
    float[] sample = new float[data.info().sampleSize()];
    for (int i = 0; i < data.size(); i++) {
      int index = i;
      problems.collect(() -> data.read(index, sample, 0));
    }
    problems.throwIfAny();
  }
}
