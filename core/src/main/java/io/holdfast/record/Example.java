package io.holdfast.record;

import java.util.Objects;

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
    Pixels adversarial) {

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
