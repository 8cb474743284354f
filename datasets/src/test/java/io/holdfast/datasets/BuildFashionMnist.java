package io.holdfast.datasets;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.Datasets;
import java.nio.file.Path;

/**
 * Builds the embedded subset from the full Fashion-MNIST (Debian package {@code
 * dataset-fashion-mnist}): arguments are the folder of the IDX files and the resource folder.
 */
final class BuildFashionMnist {
  static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");
  static final Seed SEED = new Seed(2017);
  static final double SHARE = 0.2;

  private BuildFashionMnist() {}

  public static void main(String[] args) {
    Path source = Path.of(args[0]);
    for (String split : new String[] {"train", "test"}) {
      byte[] packed = pack(subset(source, split));
      Path file = Path.of(args[1], split + ".packed");
      AtomicFiles.write(file, packed);
      System.out.println(file + ": " + packed.length + " bytes");
    }
  }

  /** A fifth of a split, stratified. */
  static Dataset subset(Path source, String split) {
    return Datasets.open(source.resolve(split).toString()).split(SEED, SHARE).get(0);
  }

  static byte[] pack(Dataset data) {
    DatasetInfo info = data.info();
    return PackedImages.pack(info, pixels(data), labels(data));
  }

  static int[] labels(Dataset data) {
    int[] labels = new int[data.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = data.label(i);
    }
    return labels;
  }

  /** All pixels as unsigned bytes {@code [N, C, H, W]}. */
  static byte[] pixels(Dataset data) {
    int stride = data.info().sampleSize();
    byte[] pixels = new byte[data.size() * stride];
    float[] sample = new float[stride];
    for (int i = 0; i < data.size(); i++) {
      data.read(i, sample, 0);
      for (int j = 0; j < stride; j++) {
        pixels[i * stride + j] = (byte) Math.round(sample[j] * 255);
      }
    }
    return pixels;
  }
}
