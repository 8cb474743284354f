package io.holdfast.testkit.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Data sets of six times the heap, and larger than the limit on memory, are read in random order
 * and trained on without being loaded whole.
 */
class LargerThanMemoryTest {
  private static final int COUNT = 2000; // of 192 KiB each, 375 MiB in all
  private static final int CLASSES = 7;
  private static final int SIDE = 256;
  private static final int SIZE = 3 * SIDE * SIDE;

  private final Path folder;

  LargerThanMemoryTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void safetensors() throws Exception {
    long split = 8L * COUNT;
    String header =
        "{\"labels\":{\"dtype\":\"I64\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
            + "\"images\":{\"dtype\":\"U8\",\"shape\":[%d,3,%d,%d],\"data_offsets\":[%d,%d]}}";
    long end = split + (long) COUNT * SIZE;
    byte[] text =
        header
            .formatted(COUNT, split, COUNT, SIDE, SIDE, split, end)
            .getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("a.safetensors");
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      out.write(labels());
      writePixels(out);
    }
    readInSmallHeap(file);
  }

  @Test
  void numpy() throws Exception {
    Path images = folder.resolve("images.npy");
    try (OutputStream out = Files.newOutputStream(images)) {
      out.write(npyHeader("|u1", "(" + COUNT + ", 3, " + SIDE + ", " + SIDE + ")"));
      writePixels(out);
    }
    try (OutputStream out = Files.newOutputStream(folder.resolve("labels.npy"))) {
      out.write(npyHeader("<i8", "(" + COUNT + ",)"));
      out.write(labels());
    }
    readInSmallHeap(images);
  }

  /** Decompressed it is no mapped file, and too large for its share of the heap. */
  @Tag("slow")
  @Test
  void compressedNumpy() throws Exception {
    Path file = folder.resolve("a.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.setLevel(Deflater.BEST_SPEED);
      zip.putNextEntry(new ZipEntry("images.npy"));
      zip.write(npyHeader("|u1", "(" + COUNT + ", 3, " + SIDE + ", " + SIDE + ")"));
      writePixels(zip);
      zip.putNextEntry(new ZipEntry("labels.npy"));
      zip.write(npyHeader("<i8", "(" + COUNT + ",)"));
      zip.write(labels());
    }
    readInSmallHeap(file);
  }

  @Tag("slow")
  @Test
  void zipOfImages() throws Exception {
    byte[][] encoded = new byte[CLASSES][];
    for (int label = 0; label < CLASSES; label++) {
      encoded[label] = png(SmallHeapProcess.value(label));
    }
    Path file = folder.resolve("a.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < COUNT; i++) {
        zip.putNextEntry(new ZipEntry("class-" + i % CLASSES + "/" + i + ".png"));
        zip.write(encoded[i % CLASSES]);
      }
    }
    readInSmallHeap(file);
  }

  private void readInSmallHeap(Path data) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-Dholdfast.memory.limit=350m",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                SmallHeapProcess.class.getName(),
                data.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output.txt").toFile())
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ended in time").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(folder.resolve("output.txt"))
        .content()
        .containsPattern("hash [0-9a-f]{64}")
        .containsPattern("times [3-9]\n")
        .contains("steps 2");
    assertThat(process.exitValue()).isZero();
  }

  private static byte[] labels() {
    ByteBuffer labels = ByteBuffer.allocate(8 * COUNT).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < COUNT; i++) {
      labels.putLong(i % CLASSES);
    }
    return labels.array();
  }

  private static void writePixels(OutputStream out) throws IOException {
    byte[] image = new byte[SIZE];
    for (int i = 0; i < COUNT; i++) {
      Arrays.fill(image, (byte) SmallHeapProcess.value(i % CLASSES));
      out.write(image);
    }
  }

  private static byte[] npyHeader(String type, String shape) {
    String text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    byte[] padded = String.format("%-117s\n", text).getBytes(StandardCharsets.US_ASCII);
    ByteBuffer header =
        ByteBuffer.allocate(10 + padded.length).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0x93);
    header.put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0);
    return header.putShort((short) padded.length).put(padded).array();
  }

  private static byte[] png(int value) throws IOException {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_3BYTE_BGR);
    for (int i = 0; i < SIDE * SIDE; i++) {
      image.setRGB(i % SIDE, i / SIDE, 0x010101 * value);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, "png", out)).isTrue();
    return out.toByteArray();
  }
}
