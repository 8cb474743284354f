package io.holdfast.attack.blackbox;

import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * Sparse-RS over a patch (Croce et al. 2022, section 5): a proposal paints one square inside the
 * patch in one corner colour, or, every fifth time and later more seldom, moves the patch, less far
 * as queries are spent.
 */
final class PatchWalk extends Walk {
  private static final int PERIOD = 5;
  private static final int SLOWER = 1000; // queries after which moves get more seldom
  private static final double FARTHEST = 0.75; // of the height

  private final IntToDoubleFunction share;
  private final int planned;
  private final int high; // sides of the patch
  private final int wide;
  private Patch kept;
  private Patch tried;

  PatchWalk(
      IntToDoubleFunction share,
      int planned,
      Canvas canvas,
      float[] clean,
      RandomGenerator random) {
    super(canvas, clean, random);
    this.share = share;
    this.planned = planned;
    high = (int) Math.min(canvas.epsilon(), canvas.height());
    wide = (int) Math.min(canvas.epsilon(), canvas.width());
    int row = random.nextInt(canvas.height() - high + 1);
    int column = random.nextInt(canvas.width() - wide + 1);
    kept = new Patch(new float[canvas.channels() * high * wide], row, column);
    tried = kept;
  }

  /** A painted rectangle; its values are shared until it is copied. */
  private static final class Patch {
    final float[] values; // [C, high, wide]
    final int row;
    final int column;

    Patch(float[] values, int row, int column) {
      this.values = values;
      this.row = row;
      this.column = column;
    }

    Patch copy() {
      return new Patch(values.clone(), row, column);
    }
  }

  @Override
  void propose(int query) {
    int far = (int) (FARTHEST * (planned - query) / planned * canvas.height());
    int period = PERIOD * (1 + query / SLOWER);
    if (query == 0) {
      tried = kept.copy();
      stripes();
    } else if (query % period == 0 && far > 0) {
      tried =
          new Patch(
              kept.values,
              shifted(kept.row, far, canvas.height() - high),
              shifted(kept.column, far, canvas.width() - wide));
    } else {
      tried = kept.copy();
      paint(share.applyAsDouble(query));
    }
    render();
  }

  /** Columns one pixel wide. */
  private void stripes() {
    for (int c = 0; c < canvas.channels(); c++) {
      for (int j = 0; j < wide; j++) {
        fill(c, 0, high, j, j + 1, canvas.corner(random));
      }
    }
  }

  private int shifted(int from, int far, int last) {
    return Math.min(last, Math.max(0, from - far + random.nextInt(2 * far + 1)));
  }

  private void paint(double part) {
    int side = Math.max(1, (int) (Math.sqrt(part) * Math.min(high, wide)));
    int row = random.nextInt(Math.max(0, high - side) + 1);
    int column = random.nextInt(Math.max(0, wide - side) + 1);
    for (int c = 0; c < canvas.channels(); c++) {
      int bottom = Math.min(high, row + side);
      fill(c, row, bottom, column, Math.min(wide, column + side), canvas.corner(random));
    }
  }

  private void fill(int channel, int top, int bottom, int left, int right, float value) {
    for (int i = top; i < bottom; i++) {
      for (int j = left; j < right; j++) {
        tried.values[(channel * high + i) * wide + j] = value;
      }
    }
  }

  private void render() {
    System.arraycopy(clean, 0, next, 0, next.length);
    for (int c = 0; c < canvas.channels(); c++) {
      for (int i = 0; i < high; i++) {
        int to = canvas.at(c, tried.row + i, tried.column);
        System.arraycopy(tried.values, (c * high + i) * wide, next, to, wide);
      }
    }
  }

  @Override
  boolean hear(double loss) {
    boolean higher = keepIfHigher(loss);
    kept = higher ? tried : kept;
    return higher;
  }
}
