package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * Sparse-RS over pixels (Croce et al. 2022, section 4): k pixels have corner colours; a proposal
 * gives some of them back and takes as many others. Where nearly all pixels may change, those that
 * have no other to give way to get new colours.
 */
final class PixelsWalk extends Walk {
  private final IntToDoubleFunction share;
  private final int chosen; // k
  private final int[] inside; // [k] pixels that differ
  private final int[] outside; // [H W - k]
  private int swapped;

  PixelsWalk(IntToDoubleFunction share, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.share = share;
    int[] all = Draws.permutation(canvas.pixels(), random);
    chosen = (int) Math.min(canvas.epsilon(), canvas.pixels());
    inside = Arrays.copyOf(all, chosen);
    outside = Arrays.copyOfRange(all, chosen, all.length);
  }

  @Override
  void propose(int query) {
    System.arraycopy(best, 0, next, 0, next.length);
    int count = query == 0 ? chosen : Math.max(1, (int) (share.applyAsDouble(query) * chosen));
    int moved = Math.min(count, chosen);
    swapped = query == 0 ? 0 : Math.min(moved, outside.length);
    Draws.shuffleFront(inside, moved, random);
    Draws.shuffleFront(outside, swapped, random);
    for (int i = 0; i < moved; i++) {
      if (i < swapped) {
        canvas.copyPixel(clean, inside[i], next, inside[i]);
      }
      paint(i < swapped ? outside[i] : inside[i]);
    }
  }

  private void paint(int pixel) {
    for (int c = 0; c < canvas.channels(); c++) {
      next[c * canvas.pixels() + pixel] = canvas.corner(random);
    }
  }

  @Override
  boolean hear(double loss) {
    boolean higher = keepIfHigher(loss);
    if (higher) {
      for (int i = 0; i < swapped; i++) {
        int given = inside[i];
        inside[i] = outside[i];
        outside[i] = given;
      }
    }
    return higher;
  }
}
