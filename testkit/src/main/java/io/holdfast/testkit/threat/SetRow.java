package io.holdfast.testkit.threat;

import io.holdfast.common.Seed;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Domain;
import io.holdfast.threat.PerturbationSet;
import java.util.List;

/**
 * A perturbation set under the contract.
 *
 * @param set not of size 0
 * @param domain of its inputs
 * @param shape of one input
 * @param whole whether inputs are whole numbers, such as codes
 */
public record SetRow(PerturbationSet set, Domain domain, List<Long> shape, boolean whole) {
  /** A set over real numbers in [0, 1]. */
  public static SetRow of(PerturbationSet set, Long... shape) {
    return new SetRow(set, Domain.UNIT, List.of(shape), false);
  }

  /** A set over the whole numbers from 0 to {@code highest}. */
  public static SetRow whole(PerturbationSet set, int highest, Long... shape) {
    return new SetRow(set, new Domain(0, highest), List.of(shape), true);
  }

  long[] sample() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** Inputs {@code [n, ...]} in the domain, many of them on its faces. */
  Tensor draw(int n, Seed seed) {
    long[] wide = new long[shape.size() + 1];
    wide[0] = n;
    System.arraycopy(sample(), 0, wide, 1, shape.size());
    double slack = 0.2 * domain.width();
    Tensor x = Rng.of(seed).uniform(domain.low() - slack, domain.high() + slack, wide);
    Tensor inside = x.clamp(domain.low(), domain.high());
    return whole ? inside.add(0.5).floor() : inside;
  }
}
