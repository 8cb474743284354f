package io.holdfast.testkit.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever the size, each format gives back the pixels that were written. */
class RoundTripTest {

  @Property(tries = 40, seed = "2026")
  void everyFormatGivesBackWhatWasWritten(
      @ForAll @IntRange(min = 2, max = 20) int count,
      @ForAll boolean colour,
      @ForAll @IntRange(min = 4, max = 12) int height,
      @ForAll @IntRange(min = 4, max = 12) int width,
      @ForAll long seed)
      throws IOException {
    SampleImages images = SampleImages.random(count, colour ? 3 : 1, height, width, new Seed(seed));
    Path folder = Files.createTempDirectory("holdfast-round-trip-");
    try {
      write(folder, "a.npz", images.npz());
      write(folder, "a.safetensors", images.safetensors());
      write(folder, "a.csv", images.csv());
      write(folder, "images.npy", images.npyImages());
      write(folder, "labels.npy", images.npyLabels());
      write(folder, "a.zip", images.imageZip("png"));
      for (String file : List.of("a.npz", "a.safetensors", "a.csv", "images.npy")) {
        List<Integer> shape = List.of(colour ? 3 : 1, height, width);
        String path = folder.resolve(file).toString();
        Map<String, Object> section = // what the formats do not say themselves
            file.endsWith(".csv")
                ? Map.of("path", path, "shape", shape)
                : Map.of("path", path, "layout", "nchw");
        assertSame(Datasets.open(Settings.of(section)), images);
      }
      if (!colour) {
        write(folder, "g-images.idx", images.idxImages());
        write(folder, "g-labels.idx", images.idxLabels());
        assertSame(Datasets.open(folder.resolve("g-images.idx").toString()), images);
      }
      assertThat(total(Datasets.open(folder.resolve("a.zip").toString())))
          .isCloseTo(total(Datasets.open(folder.resolve("a.npz").toString())), within(1e-3));
    } finally {
      remove(folder);
    }
  }

  private static void write(Path folder, String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  private static void assertSame(Dataset data, SampleImages images) {
    assertThat(data.size()).isEqualTo(images.count());
    for (int i = 0; i < data.size(); i++) {
      assertThat(data.read(i)).isEqualTo(images.image(i));
      assertThat(data.label(i)).isEqualTo(images.label(i));
    }
  }

  private static double total(Dataset data) {
    double sum = 0;
    for (int i = 0; i < data.size(); i++) {
      for (float value : data.read(i)) {
        sum += value;
      }
    }
    return sum;
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
