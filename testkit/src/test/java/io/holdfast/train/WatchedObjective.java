package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.tensor.Tensor;
import io.holdfast.train.objective.ForwardingObjective;
import io.holdfast.train.objective.ForwardingShard;
import io.holdfast.train.objective.Mixture;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Takes down what another objective's searches find. */
final class WatchedObjective extends ForwardingObjective {
  private final List<Found> found = Collections.synchronizedList(new ArrayList<>());

  /**
   * What was found for a sample.
   *
   * @param other the second label, the first one where the sample is not mixed
   * @param share of the first label
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Found(float[] clean, float[] adversarial, int label, int other, double share) {}

  WatchedObjective(Objective inner) {
    super(inner);
  }

  List<Found> found() {
    return found;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    return super.loss(new Watched(shard));
  }

  private final class Watched extends ForwardingShard {
    private final ShardContext shard;

    Watched(ShardContext shard) {
      super(shard);
      this.shard = shard;
    }

    @Override
    public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
      return noted(shard.adversarial(loss, reference, start));
    }

    @Override
    public Tensor adversarial(Search search, Reference reference) {
      return noted(shard.adversarial(search, reference));
    }

    private Tensor noted(Tensor worst) {
      long[] labels = labels().toLongs();
      Mixture mixture = mixture();
      long[] others = mixture == null ? labels : mixture.others().toLongs();
      for (int i = 0; i < labels.length; i++) {
        found.add(
            new Found(
                inputs().select(0, i).toFloats(),
                worst.select(0, i).toFloats(),
                Math.toIntExact(labels[i]),
                Math.toIntExact(others[i]),
                mixture == null ? 1 : mixture.shares().toFloats()[i]));
      }
      return worst;
    }
  }
}
