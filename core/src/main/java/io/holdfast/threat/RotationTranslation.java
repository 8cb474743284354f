package io.holdfast.threat;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.Map;

/**
 * Rotations about the centre of an image, then shifts, resampled bilinearly with zeros outside
 * (Engstrom et al. 2019, section 2). Parameters: angle in degrees, shift right and shift down as
 * parts of width and height. Images are {@code [N, C, H, W]}.
 *
 * @param degrees largest angle, in [0, 180]
 * @param shift largest shift in each direction, in [0, 1]
 */
public record RotationTranslation(double degrees, double shift) implements Parametric {
  /** The name in files. */
  public static final String NAME = "rotation-translation";

  public RotationTranslation {
    if (!(degrees >= 0 && degrees <= 180 && shift >= 0 && shift <= 1)) {
      throw new IllegalArgumentException("degrees in [0, 180] and shift in [0, 1]");
    }
  }

  @Override
  public String key() {
    return NAME + ":" + Additive.number(degrees) + "/" + Additive.number(shift);
  }

  @Override
  public String describe() {
    return "rotate the image by at most "
        + Additive.number(degrees)
        + " degrees and shift it by at most "
        + Additive.number(shift)
        + " of its width and height";
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "degrees", degrees, "shift", shift);
  }

  /** The largest angle in degrees; where nothing is rotated the largest shift. */
  @Override
  public double epsilon() {
    return degrees > 0 ? degrees : shift;
  }

  @Override
  public RotationTranslation scaled(double factor) {
    return new RotationTranslation(Math.min(180, degrees * factor), Math.min(1, shift * factor));
  }

  @Override
  public List<Double> bounds(long[] shape) {
    return List.of(degrees, shift, shift);
  }

  @Override
  public Tensor transform(Tensor clean, Tensor theta, Domain domain) {
    double aspect = (double) clean.size(3) / clean.size(2); // W / H
    Tensor angle = theta.slice(1, 0, 1).mul(Math.PI / 180); // [N, 1]
    Tensor right = theta.slice(1, 1, 2).mul(-2); // [N, 1] in units of half the width
    Tensor down = theta.slice(1, 2, 3).mul(-2); // [N, 1]
    Tensor cos = angle.cos(); // [N, 1]
    Tensor sin = angle.sin(); // [N, 1]
    // Where an output position is read: shifted back, then rotated back.
    Tensor a = cos; // [N, 1]
    Tensor b = sin.div(aspect); // [N, 1]
    Tensor c = sin.mul(-aspect); // [N, 1]
    Tensor x = a.mul(right).add(b.mul(down)); // [N, 1]
    Tensor y = c.mul(right).add(a.mul(down)); // [N, 1]
    Tensor affine = Tensors.cat(List.of(a, b, x, c, a, y), 1).view(-1, 2, 3); // [N, 2, 3]
    return Nn.gridSample(clean, Nn.affineGrid(affine, clean.shape())); // [N, C, H, W]
  }

  @Override
  public double[] transform(double[] clean, long[] shape, double[] theta, Domain domain) {
    int height = Math.toIntExact(shape[1]);
    int width = Math.toIntExact(shape[2]);
    double cos = Math.cos(Math.toRadians(theta[0]));
    double sin = Math.sin(Math.toRadians(theta[0]));
    double[] out = new double[clean.length];
    for (int i = 0; i < out.length; i++) {
      int plane = i / (height * width);
      // Pixels from the centre, after undoing the shift.
      double dx = i % width - (width - 1) / 2.0 - theta[1] * width;
      double dy = i / width % height - (height - 1) / 2.0 - theta[2] * height;
      double column = cos * dx + sin * dy + (width - 1) / 2.0;
      double row = -sin * dx + cos * dy + (height - 1) / 2.0;
      out[i] = Bilinear.at(clean, plane * height * width, height, width, row, column);
    }
    return out;
  }

  /** Rounding of positions to float32. */
  @Override
  public double tolerance(long[] shape, Domain domain) {
    return 1e-5 * Math.max(shape[1], shape[2]) * domain.width();
  }
}
