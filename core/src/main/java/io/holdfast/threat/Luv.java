package io.holdfast.threat;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

/**
 * CIELUV colours of images in sRGB under the white D65 (IEC 61966-2-1; CIE 15:2004, section 8.2.2),
 * on the tape. Shapes: N images of M pixels, channels in the order L*, u*, v* or red, green, blue.
 */
final class Luv {
  /** Chromaticities u' and v' of the white. */
  static final double WHITE_U = 0.1978300066428368;

  static final double WHITE_V = 0.468319994938791;

  /** What shifted colours keep to: beyond every colour there is, and finite. */
  static final double MOST_CHROMA = 0.7;

  static final double LEAST_V = 0.01;

  static final double KAPPA = 24389.0 / 27; // slope of L* near black
  static final double DARK = 216.0 / 24389; // luminance below which L* is linear

  private static final double LINEAR_END = 0.04045;
  private static final double LINEAR_SLOPE = 12.92;
  private static final double GAMMA = 2.4;
  private static final double OFFSET = 0.055;
  private static final double TINY = 1e-9;

  private Luv() {}

  /** {@code [N, 3, M]} of colours in sRGB, {@code [N, 3, M]} in [0, 1]. */
  static Tensor of(Tensor rgb) {
    Tensor low = rgb.div(LINEAR_SLOPE); // [N, 3, M]
    Tensor high = rgb.add(OFFSET).div(1 + OFFSET).clampMin(0).pow(GAMMA); // [N, 3, M]
    Tensor light = Tensors.where(rgb.le(LINEAR_END), low, high); // [N, 3, M]
    Tensor x = mixed(light, 0.4124564, 0.3575761, 0.1804375); // [N, M]
    Tensor y = mixed(light, 0.2126729, 0.7151522, 0.0721750); // [N, M]
    Tensor z = mixed(light, 0.0193339, 0.1191920, 0.9503041); // [N, M]
    Tensor sum = x.add(y, 15).add(z, 3).clampMin(TINY); // [N, M]
    Tensor root = y.clampMin(DARK).log().div(3).exp(); // [N, M]
    Tensor lightness = Tensors.where(y.gt(DARK), root.mul(116).sub(16), y.mul(KAPPA)); // [N, M]
    Tensor u = x.mul(4).div(sum).sub(WHITE_U).mul(lightness).mul(13); // [N, M]
    Tensor v = y.mul(9).div(sum).sub(WHITE_V).mul(lightness).mul(13); // [N, M]
    return Tensors.stack(List.of(lightness, u, v), 1);
  }

  /** The colours in sRGB, {@code [N, 3, M]} in [0, 1]; those that sRGB lacks are clipped. */
  static Tensor back(Tensor luv) {
    Tensor lightness = luv.select(1, 0).clampMin(0); // [N, M]
    Tensor scale = lightness.mul(13).clampMin(TINY); // [N, M]
    Tensor u = luv.select(1, 1).div(scale).add(WHITE_U).clamp(0, MOST_CHROMA); // [N, M]
    Tensor v = luv.select(1, 2).div(scale).add(WHITE_V).clamp(LEAST_V, MOST_CHROMA); // [N, M]
    Tensor root = lightness.add(16).div(116); // [N, M]
    Tensor cube = root.mul(root).mul(root); // [N, M]
    Tensor y = Tensors.where(cube.gt(DARK), cube, lightness.div(KAPPA)); // [N, M]
    Tensor x = y.mul(u).mul(9).div(v.mul(4)); // [N, M]
    Tensor z = u.mul(-3).add(v, -20).add(12).mul(y).div(v.mul(4)); // [N, M]
    Tensor xyz = Tensors.stack(List.of(x, y, z), 1); // [N, 3, M]
    Tensor light =
        Tensors.stack(
            List.of(
                mixed(xyz, 3.2404542, -1.5371385, -0.4985314),
                mixed(xyz, -0.9692660, 1.8760108, 0.0415560),
                mixed(xyz, 0.0556434, -0.2040259, 1.0572252)),
            1); // [N, 3, M]
    Tensor inside = light.clamp(0, 1); // [N, 3, M]
    double end = LINEAR_END / LINEAR_SLOPE;
    Tensor high = inside.clampMin(end).log().div(GAMMA).exp().mul(1 + OFFSET).sub(OFFSET);
    return Tensors.where(inside.le(end), inside.mul(LINEAR_SLOPE), high).clamp(0, 1);
  }

  private static Tensor mixed(Tensor channels, double first, double second, double third) {
    return channels
        .select(1, 0)
        .mul(first)
        .add(channels.select(1, 1), second)
        .add(channels.select(1, 2), third); // [N, M]
  }
}
