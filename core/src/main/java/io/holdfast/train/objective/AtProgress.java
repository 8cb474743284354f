package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import java.util.Set;

/** Another objective as it is at one moment of training, at every moment. */
public final class AtProgress extends ForwardingObjective {
  private final double progress;

  /**
   * Of an objective.
   *
   * @param objective to be held
   * @param progress of training, in [0, 1]
   */
  public AtProgress(Objective objective, double progress) {
    super(objective);
    this.progress = progress;
  }

  @Override
  public String toString() {
    return super.toString() + " at " + progress;
  }

  @Override
  public Passes passes(int members, double now) {
    return super.passes(members, progress);
  }

  @Override
  public Set<CommonPass> common(double now) {
    return super.common(progress);
  }

  @Override
  public double repeated(int members, double now) {
    return super.repeated(members, progress);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    return super.loss(new Then(shard));
  }

  @Override
  public ShardLoss term(ShardContext shard) {
    return super.term(new Then(shard));
  }

  private final class Then extends ForwardingShard {
    private final ShardContext shard;

    Then(ShardContext shard) {
      super(shard);
      this.shard = shard;
    }

    @Override
    public double progress() {
      return progress;
    }

    @Override
    public Tensor evaluationLogits(Tensor inputs) {
      return shard.evaluationLogits(inputs);
    }

    @Override
    public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
      return shard.adversarial(loss, reference, start);
    }
  }
}
