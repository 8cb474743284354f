package io.holdfast.testkit.train;

import io.holdfast.attack.Reference;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ForwardingShard;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Search;
import io.holdfast.verify.bound.Bounds;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Counts forward passes in units of the shard's samples. */
final class CountedShard extends ForwardingShard {
  private double forwards;
  private double guided;
  private int linear;

  CountedShard(KitShard shard) {
    super(shard);
  }

  /** Passes of the trained network per sample. */
  double forwards() {
    return forwards;
  }

  /** Passes of other models per sample. */
  double guided() {
    return guided;
  }

  /** Linear bounds. */
  int linear() {
    return linear;
  }

  private double share(Tensor x) {
    return (double) x.size(0) / labels().size(0);
  }

  @Override
  public Tensor logits(Tensor x) {
    forwards += share(x);
    return super.logits(x);
  }

  @Override
  public Features features(Tensor x, Optional<String> layer) {
    forwards += share(x);
    return super.features(x, layer);
  }

  /** Centre and radius are a pass each. */
  @Override
  public Tensor margins(Bounds box, Tensor pass) {
    forwards += 2;
    return super.margins(box, pass);
  }

  @Override
  public Tensor linearMargins(Bounds box, Tensor pass) {
    linear++;
    return super.linearMargins(box, pass);
  }

  @Override
  public Tensor guideLogits(Guide guide, Tensor x) {
    guided += share(x);
    return super.guideLogits(guide, x);
  }

  /** A network of the same layers: a pass as any other. */
  @Override
  public Tensor besideLogits(Tensor x) {
    forwards += share(x);
    return super.besideLogits(x);
  }

  @Override
  public InputGradients gradients() {
    return new Counted(super.gradients());
  }

  @Override
  public Tensor adversarial(Search search, Reference reference) {
    return super.adversarial(
        ground -> search.find(ground.with(new Counted(ground.model()))), reference);
  }

  private final class Counted implements InputGradients {
    private final InputGradients inner;

    Counted(InputGradients inner) {
      this.inner = inner;
    }

    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      forwards += share(x);
      return inner.pass(x, cotangent);
    }

    @Override
    public Tensor logits(Tensor x) {
      forwards += share(x);
      return inner.logits(x);
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
