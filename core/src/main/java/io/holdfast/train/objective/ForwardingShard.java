package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import io.holdfast.verify.bound.Bounds;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes everything on to another shard; subclasses change single answers. What can be said in
 * other words ({@link #start}, {@link #evaluationLogits}, the shorter {@code adversarial}) is asked
 * in those, so that a subclass sees it where it changes them.
 */
public class ForwardingShard implements ShardContext {
  private final ShardContext shard;

  public ForwardingShard(ShardContext shard) {
    this.shard = shard;
  }

  @Override
  public Tensor inputs() {
    return shard.inputs();
  }

  @Override
  public Tensor labels() {
    return shard.labels();
  }

  @Override
  public double labelSmoothing() {
    return shard.labelSmoothing();
  }

  @Override
  public @Nullable Mixture mixture() {
    return shard.mixture();
  }

  @Override
  public Tensor logits(Tensor x) {
    return shard.logits(x);
  }

  @Override
  public Features features(Tensor x, Optional<String> layer) {
    return shard.features(x, layer);
  }

  @Override
  public Tensor besideLogits(Tensor x) {
    return shard.besideLogits(x);
  }

  @Override
  public <T> T alike(Supplier<T> passes) {
    return shard.alike(passes);
  }

  @Override
  public InputGradients gradients() {
    return shard.gradients();
  }

  @Override
  public Tensor margins(Bounds box, Tensor pass) {
    return shard.margins(box, pass);
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    return shard.linearMargins(box, pass);
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
  public double radiusShare() {
    return shard.radiusShare();
  }

  @Override
  public InnerMaximiser inner() {
    return shard.inner();
  }

  @Override
  public double[] batchSum(String topic, double... own) {
    return shard.batchSum(topic, own);
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
  public double[] figures(int count) {
    return shard.figures(count);
  }

  @Override
  public void note(double keep, double... values) {
    shard.note(keep, values);
  }

  @Override
  public Tensor decided(Supplier<Tensor> answer) {
    return shard.decided(answer);
  }

  @Override
  public boolean[] saved() {
    return shard.saved();
  }

  @Override
  public List<Seed> seeds(String purpose) {
    return shard.seeds(purpose);
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    return shard.adversarial(search, reference);
  }
}
