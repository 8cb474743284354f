package io.holdfast.attack.gradient;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Euclidean distance of rescaled, noisy probabilities from the label's one-hot vector; towards a
 * target, minus that from the target's (Schwinn et al. 2021, section 3). Logits are divided by the
 * largest absolute one first, so that neither tiny nor huge ones hide the gradient. Shapes: N
 * batch, K classes.
 *
 * @param scale of the logits after that division, above 0
 * @param deviation of the noise on the probabilities, at least 0
 * @param noise drawn for one step, {@code [N, K]}, or null for none
 */
record JitterLoss(double scale, double deviation, @Nullable Tensor noise) implements Loss {
  private static final double TINY = 1e-12;

  @Override
  public String key() {
    return "jitter";
  }

  @Override
  public Loss drawn(List<Seed> seeds, int classes) {
    List<Tensor> rows = new ArrayList<>(); // N of [K]
    for (Seed seed : seeds) {
      rows.add(Scope.tidy(() -> Rng.of(seed.split("jitter")).normal(classes).mul(deviation)));
    }
    return new JitterLoss(scale, deviation, Tensors.stack(rows, 0));
  }

  @Override
  public Tensor value(Tensor logits, Reference r) {
    Tensor length = difference(probabilities(logits), r).square().sum(1).sqrt(); // [N]
    return r.targets() == null ? length : length.neg();
  }

  /**
   * With {@code m = max |z|}, {@code u = a z / m}, {@code p = softmax(u)} and {@code q = p + noise
   * - y}: dp of |q| is q / |q|, through the softmax {@code d = p (dp - p . dp)}, and {@code dz = a
   * / m (d - [k = argmax |z|] sign(z_k) (d . z) / m)}.
   */
  @Override
  public Tensor cotangent(Tensor logits, Reference r) {
    Tensor p = probabilities(logits); // [N, K]
    Tensor q = difference(p, r); // [N, K]
    Tensor dp = q.div(q.square().sumKeep(1).sqrt().clampMin(TINY)); // [N, K]
    Tensor d = p.mul(dp.sub(p.mul(dp).sumKeep(1))); // [N, K]
    Tensor most = largest(logits); // [N, 1]
    Tensor top = Nn.oneHot(logits.abs().argmax(1), logits.size(1)).mul(logits.sign()); // [N, K]
    Tensor back = top.mul(d.mul(logits).sumKeep(1).div(most)); // [N, K]
    Tensor slope = d.sub(back).div(most).mulInPlace(scale); // [N, K]
    return r.targets() == null ? slope : slope.neg();
  }

  private Tensor probabilities(Tensor logits) {
    return Nn.softmax(logits.div(largest(logits)).mulInPlace(scale), 1); // [N, K]
  }

  private static Tensor largest(Tensor logits) {
    return logits.abs().max(1).unsqueeze(1).clampMin(TINY); // [N, 1]
  }

  private Tensor difference(Tensor p, Reference r) {
    Tensor classes = r.targets() == null ? r.labels() : r.targets(); // [N]
    Tensor q = p.sub(Nn.oneHot(classes, p.size(1))); // [N, K]
    return noise == null ? q : q.addInPlace(noise.to(p.device()));
  }
}
