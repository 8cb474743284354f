package io.holdfast.train;

import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.Variates;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.Mixture;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Samples that are made of two of their shard, with the labels of both, each of which weighs as its
 * own sample does. Which ones and how depends on seed, turn and shard alone. The larger part, be it
 * the box or what is around it, is always the sample's own, which changes nothing: the other pair,
 * in which the roles are exchanged, is as likely.
 *
 * @param kind how two samples become one
 * @param alpha of the Beta(alpha, alpha) distribution of the share of one, above 0
 */
public record Pairs(Kind kind, double alpha) {
  private static final String KEY = "pairs";

  /** How two samples become one. */
  public enum Kind {
    /** Their mean, weighted (Zhang et al. 2018, equation 1). */
    MIXUP(0.2),
    /** One with a box of the other (Yun et al. 2019, equations 1 to 3). */
    CUTMIX(1);

    private final double alpha;

    Kind(double alpha) {
      this.alpha = alpha;
    }

    private String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Pairs {
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException("alpha: finite, above 0, found " + alpha);
    }
  }

  /** With the authors' share for images: alpha 0.2, for boxes 1. */
  public static Pairs of(Kind kind) {
    return new Pairs(kind, kind.alpha);
  }

  /** Reads the key {@code pairs}; null where it is missing. */
  static @Nullable Pairs read(SettingsReader train) {
    if (!train.has(KEY)) {
      return null;
    }
    SettingsReader s = train.textOrSection(KEY, Kind.MIXUP.key());
    List<String> names = Arrays.stream(Kind.values()).map(Kind::key).toList();
    String name = s.choice("name", Kind.MIXUP.key(), names);
    Kind kind = Kind.valueOf(name.toUpperCase(Locale.ROOT));
    return new Pairs(kind, s.number("alpha", kind.alpha, 1e-3, 1e3));
  }

  void check(TrainJob job, Problems problems) {
    String field = "train." + KEY;
    if (!job.settings().objective().mixes()) {
      problems.add(
          field,
          "an objective whose samples may have two labels (standard, pgd-at, trades, alp,"
              + " feature-pairing, or a hybrid of these)",
          job.settings().objective().name());
    }
    List<Integer> shape = job.train().info().shape();
    boolean image = shape.size() == 3 && Math.min(shape.get(1), shape.get(2)) >= 2;
    if (kind == Kind.CUTMIX && !image) {
      problems.add(field, "images for cutmix; mixup takes any inputs", "samples of shape " + shape);
    }
    if (Math.min(job.settings().shard(), job.settings().batch()) < 2) {
      problems.add(
          field, "shards of at least 2 samples (train.shard), since pairs are of one shard", "1");
    }
    if (job.settings().methods().warmStart() > 0) {
      problems.add(field, "no train.warm_start, whose perturbations are of single samples", "both");
    }
  }

  /**
   * Makes the samples of a shard, in place.
   *
   * @param values {@code [n, ...]}, row-major; changed
   * @param labels {@code [n]}
   * @param shape of one sample
   * @param weights of the samples' losses {@code [n]}; changed to those of the pairs
   * @param fixed positions that neither change nor are put into others
   * @param seed of this shard at this turn
   * @param classes K
   */
  Mixture into(
      float[] values,
      long[] labels,
      float[] weights,
      List<Integer> shape,
      IntPredicate fixed,
      Seed seed,
      int classes,
      Device device) {
    int n = labels.length;
    int size = values.length / n;
    float[] before = values.clone();
    float[] single = weights.clone();
    long[] others = labels.clone();
    float[] shares = new float[n];
    Arrays.fill(shares, 1);
    int[] free = IntStream.range(0, n).filter(i -> !fixed.test(i)).toArray();
    int[] partner = seed.split("partners").permutation(free.length);
    for (int k = 0; k < free.length; k++) {
      int i = free[k];
      int j = free[partner[k]];
      RandomGenerator random = seed.split("shares").split(k).generator();
      double drawn = Variates.beta(alpha, random);
      shares[i] =
          kind == Kind.MIXUP
              ? mean(values, before, i * size, j * size, size, (float) Math.max(drawn, 1 - drawn))
              : box(values, before, i * size, j * size, shape, drawn, random);
      others[i] = labels[j];
      if (single[i] != single[j]) { // each label keeps the weight of the sample that it is of
        float own = shares[i] * single[i];
        weights[i] = own + (1 - shares[i]) * single[j];
        shares[i] = weights[i] == 0 ? shares[i] : own / weights[i];
      }
    }
    return new Mixture(Tensors.of(others, n).to(device), Tensors.of(shares, n).to(device), classes);
  }

  private static float mean(float[] to, float[] from, int own, int other, int size, float share) {
    for (int d = 0; d < size; d++) {
      to[own + d] = share * from[own + d] + (1 - share) * from[other + d];
    }
    return share;
  }

  /**
   * Puts a box of one image at its own place into the other, of a part {@code 1 - share} of the
   * area where it lies within the image; what lies beyond its edge is cut off. What is then larger
   * is the own image's.
   *
   * @param share of the image around the box, in [0, 1]
   * @return the own image's, in [0.5, 1]
   */
  private static float box(
      float[] to,
      float[] from,
      int own,
      int other,
      List<Integer> shape,
      double share,
      RandomGenerator random) {
    int height = shape.get(1);
    int width = shape.get(2);
    double side = Math.sqrt(1 - share);
    int top = random.nextInt(height) - (int) (height * side) / 2;
    int left = random.nextInt(width) - (int) (width * side) / 2;
    int bottom = Math.min(height, top + (int) (height * side));
    int right = Math.min(width, left + (int) (width * side));
    top = Math.max(0, top);
    left = Math.max(0, left);
    float boxed = (float) Math.max(0, bottom - top) * Math.max(0, right - left) / (height * width);
    boolean around = boxed <= 0.5f; // the own image is
    int inside = around ? other : own;
    System.arraycopy(from, around ? own : other, to, own, shape.get(0) * height * width);
    for (int c = 0; c < shape.get(0); c++) {
      for (int row = top; row < bottom; row++) {
        int line = (c * height + row) * width + left;
        System.arraycopy(from, inside + line, to, own + line, Math.max(0, right - left));
      }
    }
    return around ? 1 - boxed : boxed;
  }
}
