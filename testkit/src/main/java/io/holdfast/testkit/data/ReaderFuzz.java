package io.holdfast.testkit.data;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.testkit.fuzz.Damage;
import io.holdfast.testkit.fuzz.Fuzz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** Data files: what is still readable gives pixels in [0, 1] and labels within the classes. */
public final class ReaderFuzz implements Fuzz {
  /** A format: the files of one small data set, and which of them is opened. */
  private record Format(String opened, Map<String, byte[]> files) {}

  /** Ends the names of formats whose content is damaged and then packed again. */
  public static final String INSIDE = ", inside";

  private final Path folder;
  private final Map<String, Format> formats = new LinkedHashMap<>();

  /**
   * @param folder an empty folder to write into
   */
  public ReaderFuzz(Path folder) {
    this.folder = folder;
    SampleImages grey = SampleImages.random(7, 1, 4, 4, new Seed(1));
    SampleImages colour = SampleImages.random(7, 3, 5, 4, new Seed(2));
    byte[] idxLabels = grey.idxLabels();
    add("idx", "a-images.idx", grey.idxImages(), "a-labels.idx", idxLabels);
    add(
        "idx.gz",
        "b-images.idx.gz",
        SampleImages.gzip(grey.idxImages()),
        "b-labels.idx",
        idxLabels);
    add("npy", "images.npy", colour.npyImages(), "labels.npy", colour.npyLabels());
    add("npy float", "x.npy", colour.npyFloatImagesChannelsLast(), "y.npy", colour.npyLabels());
    add("npz", "c.npz", colour.npz());
    add("safetensors", "d.safetensors", colour.safetensors());
    add("csv", "e.csv", grey.csv());
    add("csv.gz", "f.csv.gz", SampleImages.gzip(grey.csv()));
    add("png", "g.zip", colour.imageZip("png"));
    add("jpg", "h.zip", colour.imageZip("jpg"));
    // no PNG: its own checksums show any damage before the content is reached
    for (String packed : List.of("idx.gz", "npz", "csv.gz", "jpg")) {
      formats.put(packed + INSIDE, Objects.requireNonNull(formats.get(packed)));
    }
  }

  private void add(String name, String file, byte[] content) {
    formats.put(name, new Format(file, Map.of(file, content)));
  }

  private void add(String name, String file, byte[] content, String second, byte[] secondContent) {
    formats.put(name, new Format(file, Map.of(file, content, second, secondContent)));
  }

  @Override
  public Set<String> formats() {
    return formats.keySet();
  }

  @Override
  public boolean attempt(String name, Seed seed) {
    Format format = Objects.requireNonNull(formats.get(name), name);
    RandomGenerator random = seed.generator();
    String[] names = format.files().keySet().stream().sorted().toArray(String[]::new);
    boolean inside = name.endsWith(INSIDE);
    String victim = inside ? format.opened() : names[random.nextInt(names.length)];
    UnaryOperator<byte[]> damage =
        inside
            ? content -> SampleImages.changedInside(content, random, c -> Damage.of(c, random))
            : content -> Damage.of(content, random);
    format
        .files()
        .forEach(
            (file, content) -> write(file, file.equals(victim) ? damage.apply(content) : content));
    try {
      readAll(Datasets.open(folder.resolve(format.opened()).toString()));
      return false;
    } catch (InvalidInputException e) {
      return true;
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      throw new AssertionError(name + " with " + seed + " escaped: " + e, e);
    }
  }

  private void write(String file, byte[] content) {
    try {
      Path path = folder.resolve(file);
      Files.deleteIfExists(path); // a mapped file must not be truncated in place
      Files.write(path, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads every sample once. */
  public static void readAll(Dataset data) {
    float[] sample = new float[data.info().sampleSize()];
    for (int i = 0; i < data.size(); i++) {
      data.read(i, sample, 0);
      for (float value : sample) {
        if (!(value >= 0 && value <= 1)) {
          throw new AssertionError("pixel " + value + " of sample " + i + " of " + data);
        }
      }
      if (data.label(i) < 0 || data.label(i) >= data.info().classCount()) {
        throw new AssertionError("label " + data.label(i) + " of " + data);
      }
    }
    data.contentHash();
  }
}
