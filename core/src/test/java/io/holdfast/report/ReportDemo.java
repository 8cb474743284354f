package io.holdfast.report;

import io.holdfast.record.Pixels;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Writes the fixture's report to look at, for work on its style: arguments are the file to write
 * and, for real pictures, Fashion-MNIST's {@code t10k-images-idx3-ubyte.gz}.
 */
final class ReportDemo {
  private static final int HEADER = 16;
  private static final int SIDE = 28;

  private ReportDemo() {}

  public static void main(String[] args) {
    Report report =
        args.length < 2
            ? ReportFixture.comparison()
            : ReportFixture.comparison(index -> fashion(Path.of(args[1]), index));
    report.write(Path.of(args[0]));
  }

  private static Pixels fashion(Path file, int index) {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      DataInputStream data = new DataInputStream(in);
      data.skipNBytes(HEADER + (long) index * SIDE * SIDE);
      float[] values = new float[SIDE * SIDE];
      for (int i = 0; i < values.length; i++) {
        values[i] = data.readUnsignedByte() / 255f;
      }
      return Pixels.of(values, 1, SIDE, SIDE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
