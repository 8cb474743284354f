package io.holdfast.model;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A model that is attacked by way of another: searches get logits and gradients of the surrogate,
 * verdicts are the judged model's alone. Give it to an attack driver to measure transfer; several
 * surrogates go into an {@link EnsembleClassifier}. Owns neither.
 */
public final class TransferClassifier implements Classifier {
  private final Classifier judged;
  private final Classifier surrogate;

  /**
   * Two models that take the same inputs and know the same classes.
   *
   * @param judged what is attacked; need not be differentiable
   * @param surrogate what the attacker has instead
   * @throws InvalidInputException if they do not go together
   */
  public TransferClassifier(Classifier judged, Classifier surrogate) {
    this.judged = judged;
    this.surrogate = surrogate;
    Problems problems = new Problems("surrogate");
    if (surrogate.classes() != judged.classes()) {
      problems.add("", "a model of " + judged.classes() + " classes", "" + surrogate.classes());
    }
    if (!Arrays.equals(surrogate.inputShape(), judged.inputShape())) {
      problems.add(
          "",
          "a model of inputs " + Arrays.toString(judged.inputShape()),
          Arrays.toString(surrogate.inputShape()));
    }
    if (!surrogate.device().equals(judged.device())) {
      problems.add("", "a model on " + judged.device(), "one on " + surrogate.device());
    }
    problems.throwIfAny();
  }

  /** What is attacked. */
  public Classifier judged() {
    return judged;
  }

  /** What the attacker has instead. */
  public Classifier surrogate() {
    return surrogate;
  }

  @Override
  public int classes() {
    return judged.classes();
  }

  @Override
  public long[] inputShape() {
    return judged.inputShape();
  }

  /** Of the judged model. */
  @Override
  public Tensor logits(Tensor x) {
    return judged.logits(x);
  }

  @Override
  public Device device() {
    return judged.device();
  }

  /** Whether the surrogate is. */
  @Override
  public boolean differentiable() {
    return surrogate.differentiable();
  }

  @Override
  public boolean stochastic() {
    return judged.stochastic();
  }

  /** Of the surrogate. */
  @Override
  public List<String> layers() {
    return surrogate.layers();
  }

  /** Of the surrogate. */
  @Override
  public Tensor activation(Tensor x, String layer) {
    return surrogate.activation(x, layer); // [N, ...]
  }

  /** Of the surrogate. */
  @Override
  public InputGradients gradients(Precision precision) {
    return surrogate.gradients(precision);
  }
}
