package io.holdfast.testkit.data;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.Flip;
import java.util.List;

/**
 * Reads a data set that is several times its heap as training does: split, augmented, in random
 * order, twice. Every image is of one value, {@link #value} of its label and hence known.
 */
final class SmallHeapProcess {
  private SmallHeapProcess() {}

  /** The 8-bit value of all pixels of the images of a class. */
  static int value(int label) {
    return 20 * label + 5;
  }

  public static void main(String[] args) {
    Dataset data = Datasets.open(args[0]);
    Dataset train = data.split(new Seed(1), 0.9, 0.1).get(0);
    float[] sample = new float[data.info().sampleSize()];
    long read = 0;
    for (int epoch = 0; epoch < 2; epoch++) {
      Dataset shown = new Augmentation(List.of(new Flip(0.5))).over(train, new Seed(2), epoch);
      for (int index : new Seed(3).split(epoch).permutation(shown.size())) {
        shown.read(index, sample, 0);
        for (float pixel : sample) {
          if (pixel != value(shown.label(index)) / 255f) {
            throw new AssertionError("sample " + shown.id(index) + " has a pixel " + pixel);
          }
        }
        read += sample.length;
      }
    }
    long heap = Runtime.getRuntime().maxMemory();
    System.out.println("hash " + data.contentHash());
    System.out.println("times " + read / 2 / heap);
  }
}
