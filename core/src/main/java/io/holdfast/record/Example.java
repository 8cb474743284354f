package io.holdfast.record;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One image before and after an attack, kept to be looked at.
 *
 * @param sampleId the data set's stable id
 * @param label true class, from 0
 * @param cleanPrediction class answered for the clean image
 * @param cleanConfidence its softmax probability in [0, 1]
 * @param adversarialPrediction class answered for the perturbed image
 * @param adversarialConfidence its softmax probability in [0, 1]
 * @param attack key of the attack in the scorecard
 * @param clean the image as it was
 * @param adversarial the image as the attacker left it, of the same shape
 * @param search that made it; null in files of the first builds
 */
public record Example(
    long sampleId,
    int label,
    int cleanPrediction,
    double cleanConfidence,
    int adversarialPrediction,
    double adversarialConfidence,
    String attack,
    Pixels clean,
    Pixels adversarial,
    @Nullable Search search) {

  /**
   * What the search that made the image says of it. That is a run of its own on the images to be
   * looked at: where an attack learns from all samples together, or starts at others of them, its
   * verdict in the ledger comes from another one.
   *
   * @param trueConfidence softmax probability of the label for the perturbed image, in [0, 1]
   * @param queries forward passes spent on the sample
   * @param gradients gradient evaluations spent on the sample
   * @param variables what the image is checked by beside itself, such as parameters; else empty
   */
  public record Search(double trueConfidence, long queries, long gradients, List<Float> variables) {
    public Search {
      variables = List.copyOf(variables);
    }
  }

  /**
   * Checks that the images can be compared.
   *
   * @throws IllegalArgumentException if the images differ in shape
   */
  public Example {
    Objects.requireNonNull(attack, "attack is missing");
    if (!clean.sameShape(adversarial)) {
      throw new IllegalArgumentException(
          "the images differ in shape: " + clean + " and " + adversarial);
    }
  }

  /** Whether the perturbed image is answered wrongly. */
  public boolean fooled() {
    return adversarialPrediction != label;
  }
}
