package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import io.holdfast.verify.bound.Bounds;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** A shard whose equal passes are made once, for objectives that are sums. Used by one thread. */
final class SharedPasses implements ShardContext {
  /** A search from the labels alone. */
  private record Searched(Loss loss, InnerMaximiser.Start start) {}

  private final ShardContext shard;
  private final Tensor inputs;
  private final Tensor labels;
  private final IdentityHashMap<Tensor, Tensor> logits = new IdentityHashMap<>();
  private final IdentityHashMap<Tensor, Tensor> evaluated = new IdentityHashMap<>();
  private final Map<Searched, Tensor> found = new HashMap<>();

  SharedPasses(ShardContext shard) {
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
  public double labelSmoothing() {
    return shard.labelSmoothing();
  }

  @Override
  public Tensor logits(Tensor x) {
    return logits.computeIfAbsent(x, shard::logits);
  }

  @Override
  public InputGradients gradients() {
    return shard.gradients();
  }

  @Override
  public Tensor evaluationLogits(Tensor x) {
    return evaluated.computeIfAbsent(x, shard::evaluationLogits);
  }

  @Override
  public Tensor margins(Bounds box) {
    return shard.margins(box);
  }

  @Override
  public Tensor linearMargins(Bounds box) {
    return shard.linearMargins(box);
  }

  @Override
  public Tensor guideLogits(Guide guide, Tensor x) {
    return shard.guideLogits(guide, x);
  }

  @Override
  public ThreatModel threat() {
    return shard.threat();
  }

  @Override
  public InnerMaximiser inner() {
    return shard.inner();
  }

  @Override
  public double progress() {
    return shard.progress();
  }

  @Override
  public double[] remembered() {
    return shard.remembered();
  }

  @Override
  public void remember(double[] values) {
    shard.remember(values);
  }

  @Override
  public List<Seed> seeds(String purpose) {
    return shard.seeds(purpose);
  }

  @Override
  public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
    boolean labelsAlone =
        reference.labels() == labels // the same tensor
            && reference.targets() == null
            && reference.probabilities() == null;
    return labelsAlone
        ? found.computeIfAbsent(
            new Searched(loss, start), s -> shard.adversarial(loss, reference, start))
        : shard.adversarial(loss, reference, start);
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    return shard.adversarial(search, reference);
  }
}
