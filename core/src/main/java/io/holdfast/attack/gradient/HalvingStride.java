package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Steepest steps with momentum whose length is halved: for L-infinity and L2. */
final class HalvingStride implements Stride {
  private static final double FRESH = 0.75;
  private static final double TINY = 1e-30;

  private final Norm norm;
  private List<Halving> samples;

  HalvingStride(Norm norm, int count, Supplier<Halving> lengths) {
    this.norm = norm;
    this.samples = Stream.generate(lengths).limit(count).toList();
  }

  @Override
  public Tensor step(Tensor gradient) {
    double[] lengths = samples.stream().mapToDouble(Halving::length).toArray();
    return direction(gradient).mul(PerSample.column(lengths, gradient)); // [n, ...]
  }

  private Tensor direction(Tensor gradient) {
    if (norm == Norm.LINF) {
      return gradient.sign();
    }
    Tensor g = gradient.reshape(gradient.size(0), -1); // [n, D]
    Tensor scaled = g.div(g.abs().max(1).unsqueeze(1).clampMin(TINY)); // squares do not underflow
    Tensor length = scaled.square().sumKeep(1).sqrt().clampMin(TINY); // [n, 1]
    return scaled.div(length).view(gradient.shape());
  }

  @Override
  public double fresh() {
    return FRESH;
  }

  @Override
  public boolean[] next(Tensor best, double[] loss, double[] highest) {
    boolean[] back = new boolean[loss.length];
    for (int i = 0; i < back.length; i++) {
      back[i] = samples.get(i).next(loss[i], highest[i]);
    }
    return back;
  }

  @Override
  public void retain(AttackTask.Stay stay) {
    samples = stay.of(samples);
  }
}
