package io.holdfast.attack.blackbox;

import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The logarithm of the odds of what is wanted: of any class but the label, or of the target
 * (Alzantot et al. 2019, section 4.1, where it is the fitness).
 */
record LogOdds() implements Loss {
  @Override
  public String key() {
    return "log-odds";
  }

  @Override
  public Tensor value(Tensor logits, Reference reference) {
    Tensor anchor = anchor(reference); // [N]
    Tensor own = logits.gather(1, anchor.unsqueeze(1)).squeeze(1); // [N]
    Tensor others =
        logits
            .clone()
            .scatterInPlace(1, anchor.unsqueeze(1), Double.NEGATIVE_INFINITY)
            .logSumExp(1); // [N]
    return reference.targets() == null ? others.sub(own) : own.sub(others); // [N]
  }

  @Override
  public Tensor cotangent(Tensor logits, Reference reference) {
    Tensor p = Nn.softmax(logits, 1); // [N, K]
    Tensor odds = Losses.CE.cotangent(logits, reference); // [N, K]
    Tensor rest = p.gather(1, anchor(reference).unsqueeze(1)).neg().add(1); // [N, 1] 1 - p
    return odds.div(rest); // [N, K]
  }

  /** The class whose odds they are, for or against. */
  private static Tensor anchor(Reference reference) {
    @Nullable Tensor targets = reference.targets();
    return targets == null ? reference.labels() : targets;
  }
}
