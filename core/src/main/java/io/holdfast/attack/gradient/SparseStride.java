package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Equal steps along the components with the largest gradients, whose number follows the sparsity
 * found so far: for L1 (Croce and Hein 2021, section 4.1). Shapes: n samples, D components.
 */
final class SparseStride implements Stride {
  private final Region region;
  private final int period;
  private List<Sparsity> samples = new ArrayList<>();
  private int taken = -1;

  private SparseStride(Region region, int steps) {
    this.region = region;
    this.period = Math.max(1, steps * 4 / 100);
  }

  /**
   * At a start whose sparsity counts.
   *
   * @param region the ball
   * @param radius of the ball
   * @param start {@code [n, ...]}
   * @param steps of the run
   */
  static SparseStride from(Region region, double radius, Tensor start, int steps) {
    SparseStride stride = new SparseStride(region, steps);
    for (double changed : stride.changed(start)) {
      stride.samples.add(new Sparsity(radius, changed));
    }
    return stride;
  }

  /** As {@link #from}, but as the authors' program goes on from a start that it draws itself. */
  static SparseStride anew(Region region, double radius, Tensor start, int steps) {
    SparseStride stride = new SparseStride(region, steps);
    double components = start.select(0, 0).count();
    for (long i = 0; i < start.size(0); i++) {
      stride.samples.add(Sparsity.unknown(radius, components));
    }
    return stride;
  }

  /** Number of components that differ from the clean input, {@code [n]}. */
  private double[] changed(Tensor points) {
    Tensor differs = points.ne(region.clean()).to(DType.FLOAT64); // [n, ...]
    return differs.reshape(points.size(0), -1).sum(1).toDoubles();
  }

  @Override
  public Tensor step(Tensor gradient) {
    int n = samples.size();
    Tensor g = gradient.reshape(n, -1); // [n, D]
    long size = g.size(1);
    long[] rank = new long[n]; // of the smallest gradient that moves its component
    double[] lengths = new double[n];
    for (int i = 0; i < n; i++) {
      rank[i] = Math.max(0, Math.min(size, (long) Math.ceil(samples.get(i).moved())) - 1);
      lengths[i] = samples.get(i).length();
    }
    long lowest = Arrays.stream(rank).max().orElse(0);
    Tensor ranks = Tensors.of(rank, n, 1).to(g.device());
    Tensor least = g.abs().topk(lowest + 1, 1).values().gather(1, ranks); // [n, 1]
    Tensor moves = g.sign().mul(g.abs().ge(least)); // [n, D] -1, 0 or 1
    Tensor count = moves.abs().sumKeep(1).clampMin(1); // [n, 1]
    return moves.div(count).view(gradient.shape()).mul(PerSample.column(lengths, gradient));
  }

  @Override
  public double fresh() {
    return 1;
  }

  @Override
  public boolean[] next(Tensor best, double[] loss, double[] highest) {
    boolean[] back = new boolean[loss.length];
    taken++;
    if (taken == 0 || taken % period != 0) {
      return back;
    }
    double[] changed = changed(best);
    for (int i = 0; i < back.length; i++) {
      back[i] = samples.get(i).next(changed[i]);
    }
    return back;
  }

  @Override
  public void retain(AttackTask.Stay stay) {
    samples = stay.of(samples);
  }
}
