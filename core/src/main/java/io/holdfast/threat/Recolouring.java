package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * One smooth function of colour for the whole image (Laidlaw and Feizi 2019, ReColorAdv, sections 3
 * and 4): pixels of one colour become pixels of one colour. The shift of a colour is given at the
 * points of a grid over the colour cube and interpolated linearly along every channel in between
 * (trilinear for RGB; a tone curve for grey images), so that a bound on the grid bounds every
 * channel of every pixel. In place of the paper's penalty on differences of neighbouring points,
 * the shifts of the grid are averaged with their neighbours {@code smooth} times with the weights
 * 1/4, 1/2, 1/4: with k rounds those of two neighbouring points differ by at most {@code 2 epsilon
 * (2k choose k) / 4^k}. Parameters: shifts before averaging, in the units of the input, for each
 * channel the grid in rows, of which the last channel runs fastest. Images are {@code [N, C, H, W]}
 * with one to four channels.
 *
 * @param epsilon the largest shift of a channel, at least 0
 * @param grid points along each channel, 2 to 32
 * @param smooth how often shifts are averaged with their neighbours, 0 to 100
 */
public record Recolouring(double epsilon, int grid, int smooth) implements Parametric {
  /** The name in files. */
  public static final String NAME = "recolour";

  /** Rounds of averaging unless a file says otherwise. */
  static final int SMOOTH = 1;

  /** Most points along a channel. */
  static final int FINEST = 32;

  /** Most rounds of averaging. */
  static final int SMOOTHEST = 100;

  private static final int MOST_CHANNELS = 4;

  public Recolouring {
    boolean finite = epsilon >= 0 && !Double.isInfinite(epsilon);
    if (!finite || grid < 2 || grid > FINEST || smooth < 0 || smooth > SMOOTHEST) {
      throw new IllegalArgumentException(
          "epsilon of at least 0, a grid of 2 to " + FINEST + ", smooth of 0 to " + SMOOTHEST);
    }
  }

  @Override
  public String key() {
    return NAME + ":" + Additive.number(epsilon) + "/" + grid + "/" + smooth;
  }

  @Override
  public String describe() {
    return "change colours by one smooth function, each channel by at most "
        + Additive.number(epsilon)
        + ", between "
        + grid
        + " points along each channel, averaged "
        + smooth
        + " times";
  }

  @Override
  public Map<String, Object> toMap() {
    return PerturbationSets.map(NAME, "epsilon", epsilon, "grid", grid, "smooth", smooth);
  }

  @Override
  public Recolouring scaled(double factor) {
    return new Recolouring(epsilon * factor, grid, smooth);
  }

  @Override
  public List<Double> bounds(long[] shape) {
    if (shape.length != 3 || shape[0] < 1 || shape[0] > MOST_CHANNELS) {
      throw new InvalidInputException(
          "threat model " + key(),
          "perturbation",
          "images [C, H, W] of one to " + MOST_CHANNELS + " channels",
          "inputs " + Arrays.toString(shape));
    }
    int channels = Math.toIntExact(shape[0]);
    return Collections.nCopies(Math.toIntExact(channels * points(channels)), epsilon);
  }

  /** Of the grid. */
  private long points(long channels) {
    return Math.round(Math.pow(grid, (double) channels));
  }

  @Override
  public Tensor transform(Tensor clean, Tensor theta, Domain domain) {
    long n = clean.size(0);
    long channels = clean.size(1);
    Tensor shifts = averaged(theta, channels).view(n, channels, -1); // [N, C, G^C]
    Tensor places = // [N, C, HW] in steps of the grid
        clean.reshape(n, channels, -1).sub(domain.low()).mul((grid - 1) / domain.width());
    Tensor low = places.floor().clamp(0, grid - 2); // [N, C, HW]
    Tensor part = places.sub(low); // [N, C, HW] on the way to the next point
    Tensor moved = clean.reshape(n, channels, -1); // [N, C, HW]
    for (int corner = 0; corner < 1 << channels; corner++) {
      moved = moved.add(corner(shifts, low, part, corner)); // [N, C, HW]
    }
    return moved.view(clean.shape());
  }

  /** The weighted shifts of one corner of each pixel's cell, {@code [N, C, HW]}. */
  private Tensor corner(Tensor shifts, Tensor low, Tensor part, int corner) {
    Tensor at = low.select(1, 0).mul(0); // [N, HW]
    Tensor weight = at.add(1); // [N, HW]
    for (int c = 0; c < low.size(1); c++) {
      int up = (corner >> c) & 1;
      Tensor own = part.select(1, c); // [N, HW]
      at = at.mul((double) grid).add(low.select(1, c)).add((double) up);
      weight = weight.mul(up == 1 ? own : own.neg().add(1));
    }
    Tensor index = at.to(DType.INT64).unsqueeze(1).expand(low.shape()); // [N, C, HW]
    return shifts.gather(2, index).mul(weight.unsqueeze(1));
  }

  /** Every axis of the grid in turn, edges repeated: {@code [N, C G^C]}. */
  private Tensor averaged(Tensor theta, long channels) {
    Tensor t = theta;
    for (int round = 0; round < smooth; round++) {
      for (long axis = 0, behind = 1; axis < channels; axis++, behind *= grid) {
        Tensor line = t.view(-1, grid, behind); // [*, G, behind]
        Tensor first = line.slice(1, 0, 1); // [*, 1, behind]
        Tensor last = line.slice(1, grid - 1, grid); // [*, 1, behind]
        Tensor before = Tensors.cat(List.of(first, line.slice(1, 0, grid - 1)), 1);
        Tensor after = Tensors.cat(List.of(line.slice(1, 1, grid), last), 1);
        t = line.mul(2).add(before).add(after).mul(0.25).view(theta.shape());
      }
    }
    return t;
  }

  @Override
  public double[] transform(double[] clean, long[] shape, double[] theta, Domain domain) {
    int channels = Math.toIntExact(shape[0]);
    int points = Math.toIntExact(points(channels));
    int pixels = clean.length / channels;
    double[] out = new double[clean.length];
    for (int c = 0; c < channels; c++) {
      double[] shifts = Arrays.copyOfRange(theta, c * points, (c + 1) * points);
      for (int round = 0; round < smooth; round++) {
        shifts = averagedAll(shifts, channels);
      }
      for (int p = 0; p < pixels; p++) {
        double[] place = new double[channels]; // in steps of the grid
        for (int k = 0; k < channels; k++) {
          place[k] = (clean[k * pixels + p] - domain.low()) / domain.width() * (grid - 1);
        }
        out[c * pixels + p] = clean[c * pixels + p] + between(shifts, place, 0, 0);
      }
    }
    return out;
  }

  /** The value at a place, interpolated along one channel after the other. */
  private double between(double[] shifts, double[] place, int channel, int index) {
    if (channel == place.length) {
      return shifts[index];
    }
    int low = Math.min(grid - 2, Math.max(0, (int) Math.floor(place[channel])));
    double part = place[channel] - low;
    double below = between(shifts, place, channel + 1, index * grid + low);
    double above = between(shifts, place, channel + 1, index * grid + low + 1);
    return (1 - part) * below + part * above;
  }

  /** Each point's weighted mean over the cube of its neighbours, the nearest ones at the edges. */
  private double[] averagedAll(double[] shifts, int channels) {
    double[] means = new double[shifts.length];
    int neighbours = (int) Math.pow(3, channels);
    for (int i = 0; i < means.length; i++) {
      for (int neighbour = 0; neighbour < neighbours; neighbour++) {
        double weight = 1;
        int at = 0;
        for (int k = 0, own = i, code = neighbour, step = 1; k < channels; k++, step *= grid) {
          int move = code % 3 - 1;
          weight *= move == 0 ? 0.5 : 0.25;
          at += step * Math.min(grid - 1, Math.max(0, own % grid + move));
          own /= grid;
          code /= 3;
        }
        means[i] += weight * shifts[at];
      }
    }
    return means;
  }

  /** Rounding of places and shifts to float32, in inputs of range 1. */
  @Override
  public double tolerance(long[] shape) {
    return 1e-5 * (1 + epsilon * grid);
  }
}
