package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/** A shard whose equal passes are made once, for objectives that are sums. Used by one thread. */
final class SharedPasses extends ForwardingShard {
  /** A search from the labels alone. */
  private record Searched(Loss loss, InnerMaximiser.Start start) {}

  private final ShardContext shard;
  private final Tensor inputs;
  private final Tensor labels;
  private final IdentityHashMap<Tensor, Tensor> logits = new IdentityHashMap<>();
  private final IdentityHashMap<Tensor, Tensor> evaluated = new IdentityHashMap<>();
  private final Map<Searched, Tensor> found = new HashMap<>();

  SharedPasses(ShardContext shard) {
    super(shard);
    this.shard = shard;
    inputs = shard.inputs();
    labels = shard.labels();
  }

  @Override
  public Tensor inputs() {
    return inputs;
  }

  @Override
  public Tensor labels() {
    return labels;
  }

  @Override
  public Tensor logits(Tensor x) {
    return logits.computeIfAbsent(x, shard::logits);
  }

  @Override
  public Tensor evaluationLogits(Tensor x) {
    return evaluated.computeIfAbsent(x, shard::evaluationLogits);
  }

  @Override
  public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
    boolean labelsAlone = // or those of both parts of mixtures, which PgdAt.worst alone asks for
        reference.labels() == labels // the same tensor
            && reference.targets() == null
            && (reference.probabilities() == null || loss instanceof SoftCrossEntropy);
    return labelsAlone
        ? found.computeIfAbsent(
            new Searched(loss, start), s -> shard.adversarial(loss, reference, start))
        : shard.adversarial(loss, reference, start);
  }
}
