package io.holdfast.threat;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Smooth deformations of an image (Xiao et al. 2018, stAdv, section 3, equations 1 and 2): every
 * pixel is read from another place, bilinearly and with zeros outside. The flow is given at the
 * points of a coarse grid and interpolated bilinearly in between, so that a bound on the grid is a
 * bound everywhere and neighbours move together (there it is a penalty; a grid as fine as the image
 * has a flow of its own for each pixel, and the attack {@code stadv} penalises differences).
 * Parameters: shifts to the right at each grid point in rows, then shifts down, in pixels. Images
 * are {@code [N, C, H, W]}.
 *
 * @param pixels the largest shift in each direction, at least 0
 * @param grid points of the grid in each direction, at least 1
 */
public record Flow(double pixels, int grid) implements VectorField {
  /** The name in files. */
  public static final String NAME = "flow";

  /** Grid points unless a file says otherwise. */
  static final int GRID = 7;

  public Flow {
    if (!(pixels >= 0) || Double.isInfinite(pixels) || grid < 1) {
      throw new IllegalArgumentException("pixels of at least 0 and a grid of at least 1");
    }
  }

  @Override
  public String key() {
    return NAME + ":" + Additive.number(pixels) + "/" + grid;
  }

  @Override
  public String describe() {
    return "deform the image so that no pixel moves by more than "
        + Additive.number(pixels)
        + " pixels in each direction, smoothly between "
        + grid
        + "x"
        + grid
        + " points";
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "pixels", pixels, "grid", grid);
  }

  /** The largest shift in pixels. */
  @Override
  public double epsilon() {
    return pixels;
  }

  @Override
  public Flow scaled(double factor) {
    return new Flow(pixels * factor, grid);
  }

  @Override
  public List<Double> bounds(long[] shape) {
    return Collections.nCopies(2 * grid * grid, pixels);
  }

  @Override
  public Tensor field(Tensor theta, long[] shape) {
    return theta.view(theta.size(0), 2, grid, grid);
  }

  @Override
  public Tensor transform(Tensor clean, Tensor theta, Domain domain) {
    long n = clean.size(0);
    long height = clean.size(2);
    long width = clean.size(3);
    Tensor coarse = theta.view(n, 2, grid, grid); // [N, 2, G, G]
    Tensor flow = Nn.upsampleBilinear(coarse, height, width); // [N, 2, H, W] in pixels
    float[] halves = {2f / width, 2f / height};
    Tensor units = Tensors.of(halves, 1, 1, 1, 2).to(clean.device()); // pixels in [-1, 1]
    float[] identity = {1, 0, 0, 0, 1, 0};
    Tensor still = Tensors.of(identity, 1, 2, 3).to(clean.device()).expand(n, 2, 3);
    Tensor places = Nn.affineGrid(still, clean.shape()); // [N, H, W, 2]
    Tensor from = places.sub(flow.permute(0, 2, 3, 1).mul(units)); // [N, H, W, 2]
    return Nn.gridSample(clean, from); // [N, C, H, W]
  }

  @Override
  public double[] transform(double[] clean, long[] shape, double[] theta, Domain domain) {
    int height = Math.toIntExact(shape[1]);
    int width = Math.toIntExact(shape[2]);
    double[] out = new double[clean.length];
    for (int i = 0; i < out.length; i++) {
      int row = i / width % height;
      int column = i % width;
      double y = (row + 0.5) * grid / height - 0.5;
      double x = (column + 0.5) * grid / width - 0.5;
      double right = between(theta, 0, y, x);
      double down = between(theta, grid * grid, y, x);
      int plane = i / (height * width) * height * width;
      out[i] = Bilinear.at(clean, plane, height, width, row - down, column - right);
    }
    return out;
  }

  /** The grid's value between its points; outside of them that of the nearest. */
  private double between(double[] theta, int offset, double row, double column) {
    double y = Math.min(grid - 1, Math.max(0, row));
    double x = Math.min(grid - 1, Math.max(0, column));
    return Bilinear.at(theta, offset, grid, grid, y, x);
  }

  /** Rounding of positions to float32. */
  @Override
  public double tolerance(long[] shape, Domain domain) {
    return 2e-5 * Math.max(shape[1], shape[2]) * domain.width();
  }
}
