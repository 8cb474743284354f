package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;

/** A way to search for adversarial examples of some samples of a shard. */
@FunctionalInterface
public interface Search {
  /**
   * Where a search takes place. Shapes: m of the shard's samples.
   *
   * @param model the present weights in evaluation mode
   * @param inner the experiment's own search, with the steps of this step of training
   * @param threat of the size that the curriculum wants now
   * @param inputs clean ones {@code [m, ...]}
   * @param reference what a loss compares logits with
   * @param seeds one per sample
   * @param rows ascending positions of the samples in the shard; those that are missing stay clean
   */
  record Ground(
      InputGradients model,
      InnerMaximiser inner,
      ThreatModel threat,
      Tensor inputs,
      Reference reference,
      List<Seed> seeds,
      List<Integer> rows) {
    public Ground {
      seeds = List.copyOf(seeds);
      rows = List.copyOf(rows);
    }

    /** Other gradients to climb along. */
    public Ground with(InputGradients other) {
      return new Ground(other, inner, threat, inputs, reference, seeds, rows);
    }

    /** Another search. */
    public Ground with(InnerMaximiser other) {
      return new Ground(model, other, threat, inputs, reference, seeds, rows);
    }

    /** Another threat model. */
    public Ground with(ThreatModel other) {
      return new Ground(model, inner, other, inputs, reference, seeds, rows);
    }

    /**
     * Some of the samples alone.
     *
     * @param some ascending positions among these
     */
    public Ground at(int... some) {
      if (some.length == rows.size()) {
        return this;
      }
      long[] positions = Arrays.stream(some).asLongStream().toArray();
      Tensor places = Tensors.of(positions, some.length).to(inputs.device());
      return new Ground(
          model,
          inner,
          threat,
          inputs.indexSelect(0, places),
          reference.at(places),
          Arrays.stream(some).mapToObj(seeds::get).toList(),
          Arrays.stream(some).mapToObj(rows::get).toList());
    }

    /** What the experiment's own search finds, {@code [m, ...]}. */
    public Tensor maximise(Loss loss) {
      return inner.maximise(model, loss, threat, inputs, reference, seeds);
    }
  }

  /** Perturbed inputs {@code [m, ...]}, off the tape, in the innermost open scope. */
  Tensor find(Ground ground);

  /** The experiment's own search from a start, or from near it for a loss without a slope there. */
  static Search of(Loss loss, InnerMaximiser.Start start) {
    return ground -> ground.with(ground.inner().from(start.suiting(loss))).maximise(loss);
  }
}
