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
 * channel of every pixel. Beside the paper's penalty on differences of neighbouring points, which
 * the attack {@code recoloradv} has, the shifts of the grid are averaged with their neighbours
 * {@code smooth} times with the weights 1/4, 1/2, 1/4: with k rounds those of two neighbouring
 * points differ by at most {@code 2 epsilon (2k choose k) / 4^k}. Parameters: shifts before
 * averaging, in the units of the input, for each channel the grid in rows, of which the last
 * channel runs fastest. Images are {@code [N, C, H, W]} with one to four channels.
 *
 * <p>In CIELUV, the authors' first choice, the grid lies over lightness and chromaticity instead,
 * on which equal distances look about equally far; images are then in sRGB. What a shift leads to
 * that sRGB lacks is clipped.
 *
 * @param epsilon the largest shift of a channel, at least 0
 * @param grid points along each channel, 2 to 32
 * @param smooth how often shifts are averaged with their neighbours, 0 to 100
 * @param colours in which shifts are given; in CIELUV epsilon is a part of 100 for lightness and of
 *     200 for u* and v*, as in the authors' program, whose epsilon is 0.06
 */
public record Recolouring(double epsilon, int grid, int smooth, Colours colours)
    implements VectorField {
  /** The name in files. */
  public static final String NAME = "recolour";

  /** Rounds of averaging unless a file says otherwise. */
  static final int SMOOTH = 1;

  /** What a colour is told by. */
  public enum Colours {
    /** The channels of the image. */
    OWN,
    /** CIELUV, of images [3, H, W] in sRGB. */
    LUV
  }

  /** Most points along a channel. */
  static final int FINEST = 32;

  /** Most rounds of averaging. */
  static final int SMOOTHEST = 100;

  private static final int MOST_CHANNELS = 4;

  /**
   * The grid spans all colours of sRGB: L* from 0 to 100, u* from -84 to 176, v* from -135 to 108.
   */
  private static final double[] LUV_LOW = {0, -84, -135};

  private static final double[] LUV_RANGE = {100, 260, 243};
  private static final double[] LUV_UNIT = {100, 200, 200}; // that shifts are parts of

  /** In the image's own channels. */
  public Recolouring(double epsilon, int grid, int smooth) {
    this(epsilon, grid, smooth, Colours.OWN);
  }

  public Recolouring {
    boolean finite = epsilon >= 0 && !Double.isInfinite(epsilon);
    if (!finite || grid < 2 || grid > FINEST || smooth < 0 || smooth > SMOOTHEST) {
      throw new IllegalArgumentException(
          "epsilon of at least 0, a grid of 2 to " + FINEST + ", smooth of 0 to " + SMOOTHEST);
    }
  }

  @Override
  public String key() {
    String own = NAME + ":" + Additive.number(epsilon) + "/" + grid + "/" + smooth;
    return colours == Colours.OWN ? own : own + "/luv";
  }

  @Override
  public String describe() {
    boolean own = colours == Colours.OWN;
    return "change colours by one smooth function, each channel "
        + (own ? "" : "of CIELUV ")
        + "by at most "
        + Additive.number(epsilon)
        + (own ? "" : " of its range")
        + ", between "
        + grid
        + " points along each channel, averaged "
        + smooth
        + " times";
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map =
        PerturbationSets.map(NAME, "epsilon", epsilon, "grid", grid, "smooth", smooth);
    if (colours != Colours.OWN) {
      map.put("colours", "luv");
    }
    return map;
  }

  @Override
  public Recolouring scaled(double factor) {
    return new Recolouring(epsilon * factor, grid, smooth, colours);
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
    if (colours == Colours.LUV && shape[0] != 3) {
      throw new InvalidInputException(
          "threat model " + key(),
          "colours",
          "images [3, H, W] in sRGB for luv",
          "inputs " + Arrays.toString(shape),
          "own takes the channels as they are");
    }
    int channels = Math.toIntExact(shape[0]);
    return Collections.nCopies(Math.toIntExact(channels * points(channels)), epsilon);
  }

  /** Of the grid. */
  private long points(long channels) {
    return Math.round(Math.pow(grid, (double) channels));
  }

  @Override
  public Tensor field(Tensor theta, long[] shape) {
    long[] view = new long[2 + Math.toIntExact(shape[0])];
    Arrays.fill(view, grid);
    view[0] = theta.size(0);
    view[1] = shape[0];
    return theta.view(view);
  }

  @Override
  public Tensor transform(Tensor clean, Tensor theta, Domain domain) {
    long n = clean.size(0);
    long channels = clean.size(1);
    Tensor shifts = averaged(theta, channels).view(n, channels, -1); // [N, C, G^C]
    Tensor own = clean.reshape(n, channels, -1); // [N, C, HW]
    if (colours == Colours.OWN) {
      Tensor places = own.sub(domain.low()).mul((grid - 1) / domain.width()); // [N, C, HW]
      return shifted(own, shifts, places).view(clean.shape());
    }
    Tensor luv = Luv.of(own.sub(domain.low()).div(domain.width())); // [N, 3, HW]
    Tensor low = Tensors.of(LUV_LOW, 1, 3, 1).to(luv.type()).to(luv.device());
    Tensor range = Tensors.of(LUV_RANGE, 1, 3, 1).to(luv.type()).to(luv.device());
    Tensor unit = Tensors.of(LUV_UNIT, 1, 3, 1).to(luv.type()).to(luv.device());
    Tensor places = luv.sub(low).mul((double) (grid - 1)).div(range); // [N, 3, HW]
    Tensor moved = shifted(luv.div(unit), shifts, places).mul(unit); // [N, 3, HW]
    Tensor same = luv.div(unit).mul(unit); // [N, 3, HW] where nothing is shifted, bit for bit
    Tensor change = Luv.back(moved).sub(Luv.back(same)); // [N, 3, HW]
    return own.add(change, domain.width()).view(clean.shape());
  }

  /**
   * Colours and their shifts, {@code [N, C, HW]}.
   *
   * @param shifts of the points of the grid, {@code [N, C, G^C]}
   * @param places of the colours, {@code [N, C, HW]} in steps of the grid
   */
  private Tensor shifted(Tensor from, Tensor shifts, Tensor places) {
    Tensor low = places.floor().clamp(0, grid - 2); // [N, C, HW]
    Tensor part = places.sub(low); // [N, C, HW] on the way to the next point
    Tensor moved = from; // [N, C, HW]
    for (int corner = 0; corner < 1 << from.size(1); corner++) {
      moved = moved.add(corner(shifts, low, part, corner)); // [N, C, HW]
    }
    return moved;
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
    double[][] shifts = new double[channels][];
    for (int c = 0; c < channels; c++) {
      shifts[c] = Arrays.copyOfRange(theta, c * points, (c + 1) * points);
      for (int round = 0; round < smooth; round++) {
        shifts[c] = averagedAll(shifts[c], channels);
      }
    }
    double[] out = new double[clean.length];
    for (int p = 0; p < pixels; p++) {
      double[] part = new double[channels]; // of the domain
      for (int c = 0; c < channels; c++) {
        part[c] = (clean[c * pixels + p] - domain.low()) / domain.width();
      }
      double[] change = colours == Colours.OWN ? ownChange(part, shifts) : luvChange(part, shifts);
      double unit = colours == Colours.OWN ? 1 : domain.width();
      for (int c = 0; c < channels; c++) {
        out[c * pixels + p] = clean[c * pixels + p] + unit * change[c];
      }
    }
    return out;
  }

  private double[] ownChange(double[] part, double[][] shifts) {
    double[] place = Arrays.stream(part).map(x -> x * (grid - 1)).toArray();
    return Arrays.stream(shifts).mapToDouble(s -> between(s, place, 0, 0)).toArray();
  }

  private double[] luvChange(double[] rgb, double[][] shifts) {
    LuvColour from = LuvColour.of(rgb);
    double[] luv = {from.lightness(), from.u(), from.v()};
    double[] place = new double[3];
    for (int k = 0; k < 3; k++) {
      place[k] = (luv[k] - LUV_LOW[k]) / LUV_RANGE[k] * (grid - 1);
    }
    LuvColour to =
        new LuvColour(
            luv[0] + 100 * between(shifts[0], place, 0, 0),
            luv[1] + 200 * between(shifts[1], place, 0, 0),
            luv[2] + 200 * between(shifts[2], place, 0, 0));
    double[] change = to.rgb();
    double[] same = from.rgb();
    for (int c = 0; c < 3; c++) {
      change[c] -= same[c];
    }
    return change;
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

  /** Rounding of places and shifts to float32; near black CIELUV is steep. */
  @Override
  public double tolerance(long[] shape, Domain domain) {
    return colours == Colours.OWN
        ? 1e-5 * (domain.width() + epsilon * grid) // epsilon in the units of the input
        : 2e-4 * (1 + epsilon * grid) * domain.width();
  }
}
