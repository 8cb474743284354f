package io.holdfast.attack.blackbox;

import io.holdfast.threat.PixelSet;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Sparse-RS over a frame (Croce et al. 2022, section 6): every pixel of the border has a corner
 * colour; a proposal paints squares as wide as the frame, cut off at it, from some of its pixels in
 * one diagonal direction.
 */
final class FrameWalk extends Walk {
  private final IntToDoubleFunction share;
  private final boolean[] inFrame; // [H W]
  private final int[] frame; // its pixels

  FrameWalk(IntToDoubleFunction share, Canvas canvas, float[] clean, RandomGenerator random) {
    super(canvas, clean, random);
    this.share = share;
    inFrame = ((PixelSet) canvas.set()).draw(random, canvas.height(), canvas.width());
    frame = IntStream.range(0, inFrame.length).filter(i -> inFrame[i]).toArray();
  }

  @Override
  void propose(int query) {
    System.arraycopy(best, 0, next, 0, next.length);
    int count = Math.max(1, (int) (share.applyAsDouble(query) * frame.length));
    int painted = query == 0 ? frame.length : Math.min(frame.length, count);
    Draws.shuffleFront(frame, painted, random);
    int down = sign();
    int right = sign();
    int side = query == 0 ? 1 : (int) canvas.epsilon();
    for (int i = 0; i < painted; i++) {
      for (int c = 0; c < canvas.channels(); c++) {
        square(c, frame[i], side, down, right, canvas.corner(random));
      }
    }
  }

  private void square(int channel, int pixel, int side, int down, int right, float value) {
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        int row = pixel / canvas.width() + down * i;
        int column = pixel % canvas.width() + right * j;
        boolean there = row >= 0 && row < canvas.height() && column >= 0 && column < canvas.width();
        if (there && inFrame[row * canvas.width() + column]) {
          next[canvas.at(channel, row, column)] = value;
        }
      }
    }
  }
}
