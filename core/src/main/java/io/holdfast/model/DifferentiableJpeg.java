package io.holdfast.model;

import io.holdfast.common.InvalidInputException;
import io.holdfast.data.image.corruption.JpegSteps;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/**
 * What JPEG loses, on tensors: lightness and colour at half the resolution, blocks of 8x8 under the
 * discrete cosine transform, rounded to multiples of the quality's steps. {@link #compress} does
 * what a file does; {@link #soften} puts {@code round(v) + (v - round(v))^3} in place of the
 * rounding of waves, whose slope is not 0 (Shin and Song 2017, section 3), and leaves the rounding
 * to 8 bits out. Images are {@code [N, 1 or 3, H, W]} in [0, 1], of any size; edges are repeated to
 * fill blocks.
 *
 * @param quality in [1, 100], as the Independent JPEG Group's program counts it
 */
public record DifferentiableJpeg(int quality) {
  private static final int SIDE = 8;
  private static final double RED = 0.299; // of lightness
  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  public DifferentiableJpeg {
    if (quality < 1 || quality > 100) {
      throw new InvalidInputException(
          "jpeg", "quality", "a whole number from 1 to 100", Integer.toString(quality));
    }
  }

  /** The image that is read from a file of this quality; its derivative is 0. */
  public Tensor compress(Tensor x) {
    return pass(x, true);
  }

  /** The differentiable approximation, on the tape of {@code x}. */
  public Tensor soften(Tensor x) {
    return pass(x, false);
  }

  /** Refuses inputs that are no images of one or three channels. */
  public static void require(String where, long[] shape) {
    if (shape.length != 3 || (shape[0] != 1 && shape[0] != 3)) {
      throw new InvalidInputException(
          where, "", "images [1 or 3, H, W] for JPEG", "inputs " + Arrays.toString(shape));
    }
  }

  private Tensor pass(Tensor x, boolean exact) {
    require("jpeg", Arrays.copyOfRange(x.shape(), 1, x.rank()));
    Tensor levels = level(x.mul(255), exact); // [N, C, H, W]
    Tensor out = x.size(1) == 1 ? quantised(levels, true, exact) : colours(levels, exact);
    return out.mul(1 / 255.0).clamp(0, 1);
  }

  /** To 8 bits where it is exact. */
  private static Tensor level(Tensor v, boolean exact) {
    return exact ? v.add(0.5).floor().clamp(0, 255) : v;
  }

  private Tensor colours(Tensor rgb, boolean exact) {
    Tensor r = rgb.slice(1, 0, 1); // [N, 1, H, W]
    Tensor g = rgb.slice(1, 1, 2);
    Tensor b = rgb.slice(1, 2, 3);
    Tensor y = r.mul(RED).add(g, GREEN).add(b, BLUE); // [N, 1, H, W]
    Tensor blue = b.sub(y).mul(1 / (2 * (1 - BLUE))).add(128);
    Tensor red = r.sub(y).mul(1 / (2 * (1 - RED))).add(128);
    Tensor light = quantised(level(y, exact), true, exact); // [N, 1, H, W]
    Tensor cb = halved(level(blue, exact), exact).sub(128); // [N, 1, H, W]
    Tensor cr = halved(level(red, exact), exact).sub(128);
    Tensor green = light.add(cb, -0.344136).add(cr, -0.714136);
    List<Tensor> all = List.of(light.add(cr, 1.402), green, light.add(cb, 1.772));
    return level(Tensors.cat(all, 1), exact); // [N, 3, H, W]
  }

  /** A channel at half its resolution through the transform, and back to its size. */
  private Tensor halved(Tensor v, boolean exact) {
    long high = v.size(2);
    long wide = v.size(3);
    long[] two = {2, 2};
    Tensor half = Nn.avgPool2d(filled(v, 2), two, two, new long[] {0, 0}); // [N, 1, H/2, W/2]
    Tensor back = quantised(level(half, exact), false, exact);
    Tensor full = Nn.upsampleBilinear(back, 2 * back.size(2), 2 * back.size(3));
    return level(full, exact).slice(2, 0, high).slice(3, 0, wide); // [N, 1, H, W]
  }

  /** All blocks of a channel {@code [N, 1, H, W]}. */
  private Tensor quantised(Tensor v, boolean light, boolean exact) {
    Tensor whole = filled(v, SIDE); // [N, 1, 8 R, 8 S]
    long n = v.size(0);
    long rows = whole.size(2) / SIDE;
    long columns = whole.size(3) / SIDE;
    Tensor blocks = // [N, R, S, 8, 8]
        whole.sub(128).view(n, rows, SIDE, columns, SIDE).permute(0, 1, 3, 2, 4);
    int[] table = light ? JpegSteps.light(quality) : JpegSteps.colour(quality);
    Tensor steps = // [8, 8]
        Tensors.of(Arrays.stream(table).asLongStream().toArray(), SIDE, SIDE)
            .to(DType.FLOAT32)
            .to(v.device());
    Tensor waves = waves().to(v.device()); // [8, 8] frequencies by places
    Tensor back = waves.transpose(0, 1).contiguous();
    Tensor spectrum = waves.matmul(blocks).matmul(back).div(steps); // [N, R, S, 8, 8]
    Tensor rounded = spectrum.round().detach();
    Tensor kept = exact ? rounded : spectrum.sub(rounded).pow(3).add(rounded);
    Tensor values = back.matmul(kept.mul(steps)).matmul(waves).add(128); // [N, R, S, 8, 8]
    Tensor joined = values.permute(0, 1, 3, 2, 4).reshape(n, 1, rows * SIDE, columns * SIDE);
    return level(joined.slice(2, 0, v.size(2)).slice(3, 0, v.size(3)), exact).clamp(0, 255);
  }

  /** Sides that are multiples of {@code unit}: the last row and column are repeated. */
  private static Tensor filled(Tensor v, int unit) {
    Tensor down = v.indexSelect(2, inside(v.size(2), unit).to(v.device()));
    return down.indexSelect(3, inside(v.size(3), unit).to(v.device()));
  }

  private static Tensor inside(long size, int unit) {
    int last = Math.toIntExact(size) - 1;
    long[] positions = new long[(last / unit + 1) * unit];
    Arrays.setAll(positions, i -> Math.min(i, last));
    return Tensors.of(positions, positions.length);
  }

  /** The orthonormal cosine transform of section A.3.3, a frequency per row. */
  private static Tensor waves() {
    float[] all = new float[SIDE * SIDE];
    for (int i = 0; i < all.length; i++) {
      int k = i / SIDE;
      double scale = Math.sqrt((k == 0 ? 1.0 : 2.0) / SIDE);
      all[i] = (float) (scale * Math.cos((2 * (i % SIDE) + 1) * k * Math.PI / (2 * SIDE)));
    }
    return Tensors.of(all, SIDE, SIDE);
  }
}
