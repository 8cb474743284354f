package io.holdfast.train.objective;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
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

/** What an objective may use of the loop, for one shard of n samples at one step. */
public interface ShardContext {
  /** Clean inputs {@code [n, ...]} after augmentation, in the threat model's domain. */
  Tensor inputs();

  /** Labels {@code [n]}, int64. */
  Tensor labels();

  /** Label smoothing in [0, 1), as the experiment has it. */
  double labelSmoothing();

  /**
   * What the samples were made of where they are {@linkplain io.holdfast.train.Pairs mixed}, or
   * null; only {@linkplain Objective#mixes objectives that say so} are given any.
   */
  default @Nullable Mixture mixture() {
    return null;
  }

  /** Logits {@code [n, K]} in training mode on the parameter leaves; draws fresh dropout masks. */
  Tensor logits(Tensor inputs);

  /**
   * What a pass in training mode gives, on the parameter leaves.
   *
   * @param logits {@code [n, K]}
   * @param values of a layer, {@code [n, C, ...]}, float32
   */
  record Features(Tensor logits, Tensor values) {}

  /**
   * As {@link #logits}, with the value of a layer on the way.
   *
   * @param layer by its name; what the last layer takes where there is none
   */
  Features features(Tensor inputs, Optional<String> layer);

  /** Logits and input gradients in evaluation mode with the present weights, off the tape. */
  InputGradients gradients();

  /** Logits {@code [n, K]} in evaluation mode with the present weights, off the tape. */
  default Tensor evaluationLogits(Tensor inputs) {
    return gradients().logits(inputs);
  }

  /**
   * Upper bounds {@code [n, K]} of how far each class's logit rises above the label's over a box of
   * inputs {@code [n, ...]}, by intervals, on the parameter leaves; 0 at the label. Dropout is off;
   * batch norms use the statistics of a pass, held fixed.
   *
   * @param pass inputs of which {@link #logits} or {@link #features} were asked
   */
  Tensor margins(Bounds box, Tensor pass);

  /** As {@link #margins}, by linear relaxations over the intervals; about K passes. */
  Tensor linearMargins(Bounds box, Tensor pass);

  /** Logits {@code [n, K]} of another model, off the tape. */
  Tensor guideLogits(Guide guide, Tensor inputs);

  /**
   * Logits {@code [n, K]} in training mode of the network that is trained beside, on the tape of
   * its own weights; for objectives that say {@link Objective#trainsBeside}. It begins with the
   * weights that the objective's own begins with, and has an optimiser of its own by the same
   * settings.
   */
  default Tensor besideLogits(Tensor inputs) {
    throw new IllegalStateException("no network is trained beside");
  }

  /** What the adversary may do, of the size that the curriculum wants now. */
  ThreatModel threat();

  /** The radius of {@link #threat} as a part of the experiment's, at least 0. */
  default double radiusShare() {
    return 1;
  }

  /** The experiment's search, with the steps that the curriculum wants now. */
  InnerMaximiser inner();

  /** Where the experiment's inner maximiser begins, for {@link #adversarial}. */
  default InnerMaximiser.Start start() {
    return inner().start();
  }

  /**
   * Sums over all shards of the batch, for objectives that say {@link Objective#acrossBatch}: waits
   * until every shard has come here. All shards ask for the same in the same order, whatever their
   * samples.
   *
   * @param topic what is summed
   * @param own of this shard
   * @return as many sums, added up in the order of the shards; the shard's own where it is alone
   */
  default double[] batchSum(String topic, double... own) {
    return own;
  }

  /** How far training has come, from 0 at its first step to below 1 at its last. */
  double progress();

  /**
   * What the objective gave to be remembered of each sample when it last saw it, {@code [n]}: NaN
   * where it never did. For objectives that {@link Objective#remembers remember}; a fresh array.
   */
  double[] remembered();

  /** Remembers a number for each sample, {@code [n]}, once this step is done. */
  void remember(double[] values);

  /**
   * What the objective has {@link #note noted} in the steps before this one, added up over all
   * shards, the older the less: the same for all shards of a step, 0 before the first. For
   * objectives that say {@link Objective#figures how many}; a fresh array.
   *
   * @param count how many figures
   */
  default double[] figures(int count) {
    return new double[count];
  }

  /**
   * Adds to the {@link #figures} once this step is done.
   *
   * @param keep by what those of the steps before are multiplied then, in [0, 1]; the same for all
   *     shards
   * @param values as many as there are figures
   */
  default void note(double keep, double... values) {}

  /**
   * Streams of random numbers for a purpose of the objective's own, one for each sample: the same
   * for the same sample in the same epoch.
   */
  List<Seed> seeds(String purpose);

  /**
   * Passes over the network in which its layers draw the same random numbers, such as those of
   * dropout: what differs between their results is what their inputs make differ.
   *
   * @param passes as many as are to be alike, of the whole shard each
   */
  default <T> T alike(Supplier<T> passes) {
    return passes.get();
  }

  /**
   * What is decided by the present weights, wherever the loss is taken: in a second pass over a
   * step, at perturbed weights, the answer of the first. Off the tape.
   *
   * @param answer asks for no other decision
   */
  default Tensor decided(Supplier<Tensor> answer) {
    return answer.get();
  }

  /**
   * Which samples are saved examples, {@code [n]}: every search gives back their perturbed inputs
   * as they were saved. Nothing is remembered of them.
   */
  default boolean[] saved() {
    return new boolean[(int) labels().count()];
  }

  /**
   * Adversarial examples by the experiment's inner maximiser with the present weights in evaluation
   * mode. Every sample is perturbed, whether or not it is misclassified already; then those that
   * the mix draws to stay clean are put back.
   *
   * @param loss what to maximise
   * @param reference what the loss compares logits with
   * @param start where the search begins
   * @return {@code [n, ...]}, off the tape
   */
  default Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
    return adversarial(Search.of(loss, start), reference);
  }

  /**
   * Adversarial examples by a search of the objective's own. It is asked about the samples that are
   * to be perturbed, each of them once; in several parts where some are searched for longer than
   * others, again in a second pass over the step, and not at all without any.
   *
   * @param reference what its loss compares logits with, for all n samples
   * @return {@code [n, ...]}, off the tape
   */
  Tensor adversarial(Search search, Reference reference);
}
