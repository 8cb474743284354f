package io.holdfast.attack;

import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;

/**
 * How far the logits of a sample lie apart, by which {@link Losses#DLR} divides: {@code z_1 - z_3}
 * of the sorted logits or, with targets, {@code z_1 - (z_3 + z_4) / 2} (Croce and Hein 2020,
 * equations 6 and 7). With targets and three classes the second and third stand for the third and
 * fourth. Shapes: N batch, K classes, at least three.
 */
public final class LogitSpread {
  private static final long UNTARGETED = 3;
  private static final long TARGETED = 4;
  private static final double TINY = 1e-12;

  private LogitSpread() {}

  /** {@code [N]}, above 0, of {@code logits [N, K]}. */
  public static Tensor value(Tensor logits, Reference reference) {
    Tensor top = logits.topk(ranks(logits, reference), 1).values(); // [N, 3 or 4]
    Tensor low = top.slice(1, firstLow(reference, top), top.size(1)).mean(1); // [N]
    return top.select(1, 0).sub(low).addInPlace(TINY);
  }

  /** Its derivative by the logits, {@code [N, K]}. */
  public static Tensor slope(Tensor logits, Reference reference) {
    Tensor top = logits.topk(ranks(logits, reference), 1).positions(); // [N, 3 or 4]
    Tensor slope = Nn.oneHot(top.select(1, 0), logits.size(1)); // [N, K]
    long first = firstLow(reference, top);
    double share = 1.0 / (top.size(1) - first);
    for (long i = first; i < top.size(1); i++) {
      slope.addInPlace(Nn.oneHot(top.select(1, i), logits.size(1)), -share);
    }
    return slope;
  }

  private static long ranks(Tensor logits, Reference reference) {
    return reference.targets() == null ? UNTARGETED : Math.min(TARGETED, logits.size(1));
  }

  /** The first rank of those whose mean is taken off z_1. */
  private static long firstLow(Reference reference, Tensor top) {
    return reference.targets() == null ? 2 : top.size(1) - 2;
  }
}
