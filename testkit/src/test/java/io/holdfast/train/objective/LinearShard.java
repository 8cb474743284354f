package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Samples of known margins on the linear model z = (w . x, 0, -5): each lies its margin, which is
 * negative where it is wrong, from the plane w . x = 0 in L-infinity, straight along the sign of w.
 * The search is long enough to reach the edge of its ball.
 */
final class LinearShard extends OpenShard {
  /** The radius of the threat model. */
  static final double EPSILON = 0.2;

  /** Length of a step as a part of the radius. */
  static final double STEP = 0.4;

  private static final double[] W = {1, -2, 0.5, 0.5}; // adds up to 0
  private static final double SLOPE = 4; // of w . x over the margin: the length of w in L1
  private static final double THIRD = -5;

  private final double[] margins;
  private final long[] labels;
  private double share = 1;
  private List<Double> radii = List.of();

  /**
   * A shard.
   *
   * @param margins {@code [N]}
   * @param labels 0 or 1, {@code [N]}
   */
  LinearShard(double[] margins, long... labels) {
    this(OpenShard.ALL, margins, labels);
  }

  /** A shard of which only these samples are perturbed. */
  LinearShard(List<Integer> rows, double[] margins, long... labels) {
    super(twin(), LinearShard::logitsOf, new InnerMaximiser(3, STEP, Start.CLEAN), rows);
    this.margins = margins.clone();
    this.labels = labels.clone();
  }

  private static TwinShard twin() {
    TwinCase c = TwinCase.random(0);
    Tensor a = Tensors.of(c.a(), TwinCase.IN, TwinCase.HIDDEN);
    Tensor b = Tensors.of(c.b(), TwinCase.HIDDEN, TwinCase.K);
    return new TwinShard(c, a, b, 0.9, TwinShard.THREAT, false);
  }

  private static Tensor logitsOf(Tensor x) {
    Tensor first = x.mul(Tensors.of(W, W.length)).sumKeep(1); // [m, 1]
    Tensor zero = Tensors.zerosLike(first); // [m, 1]
    return Tensors.cat(List.of(first, zero, zero.add(THIRD)), 1); // [m, K]
  }

  @Override
  public Tensor inputs() {
    double[] all = new double[margins.length * W.length];
    for (int j = 0; j < all.length; j++) {
      int i = j / W.length;
      all[j] = 0.5 + outward(i) * margins[i] * Math.signum(W[j % W.length]);
    }
    return Tensors.of(all, margins.length, W.length);
  }

  /** The side of the plane on which sample i is right. */
  private int outward(int i) {
    return labels[i] == 0 ? 1 : -1;
  }

  /** From now on it is attacked within a union of balls of these radii. */
  void within(Double... balls) {
    radii = List.of(balls);
  }

  /** From now on the curriculum wants this part of the radius. */
  void radius(double share) {
    this.share = share;
  }

  @Override
  public double radiusShare() {
    return share;
  }

  @Override
  public ThreatModel threat() {
    ThreatModel ball = TwinShard.THREAT.withEpsilon(share * EPSILON);
    if (radii.isEmpty()) {
      return ball;
    }
    ThreatModel[] others =
        radii.stream().skip(1).map(ThreatModel::linf).toArray(ThreatModel[]::new);
    return ThreatModel.union(ThreatModel.linf(radii.get(0)), others)
        .within(ball.domain().low(), ball.domain().high());
  }

  @Override
  public Tensor labels() {
    return Tensors.of(labels, labels.length);
  }

  @Override
  public double labelSmoothing() {
    return 0;
  }

  /** How far each sample of {@code x [N, IN]} came towards the plane, {@code [N]}. */
  double[] moved(double[] x) {
    return IntStream.range(0, margins.length)
        .mapToDouble(
            i -> {
              double value = 0;
              for (int k = 0; k < W.length; k++) {
                value += W[k] * x[i * W.length + k];
              }
              return margins[i] - outward(i) * value / SLOPE;
            })
        .toArray();
  }

  /** Log-probabilities of sample i if its margin were another. */
  double[] logs(int i, double margin) {
    double[] z = {outward(i) * SLOPE * margin, 0, THIRD};
    return TwinCase.logSoftmax(z);
  }

  int label(int i) {
    return (int) labels[i];
  }

  /** The cross-entropy of sample i, if its margin were another. */
  double crossEntropy(int i, double margin) {
    return -logs(i, margin)[label(i)];
  }

  /** The cross-entropy of sample i as it is. */
  double crossEntropy(int i) {
    return crossEntropy(i, margins[i]);
  }
}
