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
    return norm == Norm.LINF ? gradient.sign() : PerSample.unit(norm, gradient); // [n, ...]
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
