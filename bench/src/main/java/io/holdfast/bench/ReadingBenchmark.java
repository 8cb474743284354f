package io.holdfast.bench;

import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.datasets.FashionMnist;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Opening a source of 2,000 images of 28x28 and reading each once, on one thread. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class ReadingBenchmark {
  private static final int IMAGES = 2000;
  private static final int SIDE = 28;

  /** The format of the source. */
  @Param({"csv", "png"})
  String format = "csv";

  private Path work = Path.of("");
  private Path source = Path.of("");

  /** Writes the source. */
  @Setup(Level.Trial)
  public void prepare() throws IOException {
    work = Files.createTempDirectory("holdfast-reading-");
    Dataset data = FashionMnist.test().first(IMAGES);
    float[] pixels = new float[SIDE * SIDE];
    StringBuilder rows = new StringBuilder();
    source = work.resolve(format.equals("csv") ? "images.csv" : "images");
    for (int i = 0; i < data.size(); i++) {
      data.read(i, pixels, 0);
      if (format.equals("csv")) {
        rows.append(data.label(i));
        for (float pixel : pixels) {
          rows.append(',').append(Math.round(pixel * 255));
        }
        rows.append('\n');
      } else {
        writePng(pixels, source.resolve("class" + data.label(i)).resolve(i + ".png"));
      }
    }
    if (format.equals("csv")) {
      Files.writeString(source, rows, StandardCharsets.UTF_8);
    }
  }

  private static void writePng(float[] pixels, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
    for (int p = 0; p < pixels.length; p++) {
      image.getRaster().setSample(p % SIDE, p / SIDE, 0, Math.round(pixels[p] * 255));
    }
    ImageIO.write(image, "png", file.toFile());
  }

  /** Opens it and reads every image. */
  @Benchmark
  public float read() {
    Dataset data = Datasets.open(source.toString());
    float[] sample = new float[data.info().sampleSize()];
    float sum = 0;
    for (int i = 0; i < data.size(); i++) {
      data.read(i, sample, 0);
      sum += sample[SIDE];
    }
    return sum;
  }

  /** Deletes the files. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(work)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
