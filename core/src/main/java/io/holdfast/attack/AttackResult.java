package io.holdfast.attack;

import io.holdfast.record.Outcome;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Distances;
import java.util.List;

/**
 * What an attack did to each sample.
 *
 * @param attack the attack's key
 * @param seed it ran with
 * @param shard samples per shard
 * @param precision of the search, as in files; float32 only where every stage needs it
 * @param adversarial {@code [N, ...]} in the caller's scope: where a sample fell, the input that
 *     felled it, the nearest of them where the threat has no limit; where it held, the admissible
 *     input found nearest to the goal, without a limit the clean one; where it was wrong already,
 *     or was never attacked, the clean input itself, bit for bit
 * @param samples one per input, in its order
 * @param earlierSeconds what runs that were killed or stopped spent on what this one took over from
 *     a checkpoint
 */
public record AttackResult(
    String attack,
    long seed,
    int shard,
    String precision,
    Tensor adversarial,
    List<Sample> samples,
    double earlierSeconds) {

  /**
   * One sample.
   *
   * @param id stable id
   * @param label true class
   * @param outcome {@link Outcome#HELD}, {@link Outcome#FELL} or {@link Outcome#SKIPPED_WRONG}
   * @param cleanPrediction predicted class of the clean input
   * @param prediction predicted class of the adversarial input
   * @param confidence softmax probability of {@code prediction}
   * @param trueConfidence softmax probability of the label
   * @param margin by how much the adversarial input's logits lead towards the goal: above 0 where
   *     it is reached
   * @param distances from the clean to the adversarial input
   * @param queries forward passes of the search, each backward pass's forward included; with a
   *     surrogate, how often the model was tried during the search
   * @param gradients backward passes of the search, with a surrogate those of the surrogate
   * @param checks forward passes of the driver in float32: the clean input, confirmations, the end
   *     of each round
   * @param stages of an attack that consists of several: those that the sample went through
   * @param finished false where the deadline came while the sample still stood: it held so far; or
   *     it fell, but the search for a smaller change had not ended
   * @param variables what the adversarial input is checked by beside itself, such as parameters;
   *     see {@link io.holdfast.threat.PerturbationSet#witness} and where nothing was changed
   */
  public record Sample(
      long id,
      int label,
      Outcome outcome,
      int cleanPrediction,
      int prediction,
      float confidence,
      float trueConfidence,
      double margin,
      Distances distances,
      long queries,
      long gradients,
      long checks,
      List<Stage> stages,
      boolean finished,
      List<Float> variables) {
    public Sample {
      stages = List.copyOf(stages);
      variables = List.copyOf(variables);
    }
  }

  /**
   * What one stage did to one sample.
   *
   * @param attack the stage's key
   * @param outcome {@link Outcome#HELD} or {@link Outcome#FELL}
   * @param queries forward passes of the search in this stage
   * @param gradients backward passes of the search in this stage
   */
  public record Stage(String attack, Outcome outcome, long queries, long gradients) {}

  /** Number of samples that are right and held. */
  public int held() {
    return (int) samples.stream().filter(s -> s.outcome() == Outcome.HELD).count();
  }

  /** Share of all samples that are right and held, in [0, 1]. */
  public double robustAccuracy() {
    return (double) held() / samples.size();
  }
}
