package io.holdfast.data;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.ImageSources;
import io.holdfast.data.image.LabelUse;
import io.holdfast.data.image.ReadOptions;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Workers;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongConsumer;

/** Opens data sets by name, file or folder. */
public final class Datasets {
  private static final String EMBEDDED = "embedded:";
  private static final int PART = 64;

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
   * Training samples of two sets: those of the first and, behind them, extra ones of its classes,
   * which may count differently. Ids of extra samples are the complements of their own.
   *
   * @param weight factor of the extra samples' weights, at least 0
   * @param share of an epoch's samples that are extra ones, in (0, 1); 0 for as many as there are
   * @throws IllegalArgumentException if shapes, classes or numbers do not fit
   */
  public static Dataset join(Dataset first, Dataset extra, double weight, double share) {
    if (!first.info().shape().equals(extra.info().shape())
        || first.info().classCount() < extra.info().classCount()) {
      throw new IllegalArgumentException(
          "samples of " + first.info().shape() + " and its classes, found " + extra.info());
    }
    if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY) || !(share >= 0 && share < 1)) {
      throw new IllegalArgumentException("weight and share: " + weight + ", " + share);
    }
    return new Joined(first, extra, weight, share);
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
      if (!options.with(LabelUse.TASK, null).equals(ReadOptions.DEFAULTS)) {
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
   * As {@link #requireReadable(Dataset, int, Stopper, LongConsumer)}, shown as a task of its own;
   * to be called before anything of an earlier run is replaced.
   */
  public static void requireReadable(
      Dataset data, int workers, Stopper stopper, Progress progress) {
    try (Progress.Task task = progress.start("checking the data", data.size(), "images")) {
      requireReadable(data, workers, stopper, task::advance);
    }
  }

  /**
   * Reads every sample once, since images are decoded when they are read.
   *
   * @param workers threads, 0 for one per core
   * @param stopper asked between samples
   * @param progress told of samples that were read
   * @throws InvalidInputException naming every sample that cannot be read
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  public static void requireReadable(
      Dataset data, int workers, Stopper stopper, LongConsumer progress) {
    Map<Integer, InvalidInputException> failures = new ConcurrentSkipListMap<>();
    int parts = (data.size() + PART - 1) / PART;
    try (Workers pool = Workers.on(Device.CPU, workers)) {
      pool.map(
          parts,
          part -> {
            float[] sample = new float[data.info().sampleSize()];
            int end = Math.min(data.size(), (part + 1) * PART);
            for (int i = part * PART; i < end; i++) {
              stopper.check();
              try {
                data.read(i, sample, 0);
              } catch (InvalidInputException e) {
                failures.put(i, e);
              }
              progress.accept(1);
            }
            return end;
          });
    }
    Problems problems = new Problems(data.info().name());
    failures.values().forEach(problems::addAll);
    problems.throwIfAny();
  }
}
