package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * The waves of the two-dimensional discrete cosine transform (type II) over each channel (Guo et
 * al. 2019, section 3.2). A direction is the place of its vertical and horizontal frequency in an
 * image. The block of the lowest frequencies comes first, then bands of the width of that block,
 * each in random order.
 *
 * @param share of the frequencies per axis in the first block, in [0, 1]; at least one
 */
record WaveDirections(Canvas canvas, double share) implements Directions {
  @Override
  public int[] order(RandomGenerator random) {
    int[] random0 = Draws.permutation(canvas.size(), random);
    return Arrays.stream(random0)
        .boxed()
        .sorted((a, b) -> Integer.compare(band(a), band(b))) // stable
        .mapToInt(i -> i)
        .toArray();
  }

  /** 0 for the lowest frequencies. */
  private int band(int direction) {
    int row = direction / canvas.width() % canvas.height();
    int column = direction % canvas.width();
    return Math.max(row / block(canvas.height()), column / block(canvas.width()));
  }

  private int block(int side) {
    return Math.max(1, (int) Math.ceil(share * side));
  }

  @Override
  public void add(float[] image, int direction, double length) {
    double[] down = wave(direction / canvas.width() % canvas.height(), canvas.height()); // [H]
    double[] across = wave(direction % canvas.width(), canvas.width()); // [W]
    int at = direction / canvas.pixels() * canvas.pixels();
    for (double vertical : down) {
      for (double horizontal : across) {
        image[at] = (float) (image[at] + length * vertical * horizontal);
        at++;
      }
    }
  }

  /** Of length 1: {@code [n]}. */
  private static double[] wave(int frequency, int n) {
    double scale = Math.sqrt((frequency == 0 ? 1.0 : 2.0) / n);
    return IntStream.range(0, n)
        .mapToDouble(i -> scale * Math.cos(Math.PI * (2 * i + 1) * frequency / (2.0 * n)))
        .toArray();
  }
}
