package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Trains a surrogate for transfer from what a black box answers: by its scores (knowledge
 * distillation, Hinton et al. 2015, section 2, at temperature 1) or by its labels alone (Papernot
 * et al. 2017, section 4). Each input is asked about once, and every question is counted. Shapes: N
 * inputs, K classes.
 *
 * @param answers what the attacker sees
 * @param rounds of Jacobian-based augmentation, at least 0: after each fit every input gets a
 *     companion further along the sign of its label's logit (Papernot et al. 2017, algorithm 1), so
 *     that the number of questions doubles
 * @param reach how far a companion is in each value, in the units of the input
 * @param fit of the surrogate, once per round and once before
 */
public record QueriedSurrogate(Answers answers, int rounds, double reach, Fit fit) {
  private static final int CHUNK = 256;

  /** What the attacker sees. */
  public enum Answers {
    /** The predicted class. */
    LABELS,
    /** The probability of every class. */
    SCORES
  }

  /**
   * How it went.
   *
   * @param queries inputs that the black box was asked about
   * @param agreement share of these for which the surrogate predicts the black box's class
   */
  public record Result(long queries, double agreement) {}

  public QueriedSurrogate {
    if (rounds < 0 || rounds > 20 || !(reach >= 0) || Double.isInfinite(reach)) {
      throw new InvalidInputException(
          "surrogate", "rounds", "0 to 20 rounds and a reach of at least 0", rounds + ", " + reach);
    }
  }

  /** Without augmentation. */
  public static QueriedSurrogate by(Answers answers, Fit fit) {
    return new QueriedSurrogate(answers, 0, 0, fit);
  }

  /**
   * Trains the weights of {@code surrogate} in place.
   *
   * @param inputs {@code [N, ...]} of the attacker's own, inside the domain
   * @throws InvalidInputException if the models do not go together
   */
  public Result train(
      Network surrogate, Classifier blackBox, Tensor inputs, Domain domain, Seed seed) {
    Classifier own = surrogate.classifier();
    requireFit(own, blackBox);
    try (Scope scope = Scope.open()) {
      Tensor x = inputs.to(blackBox.device()); // [N, ...]
      Tensor told = ask(blackBox, x); // [N, K]
      fit(surrogate, x, told, seed.split(0));
      for (int round = 1; round <= rounds; round++) {
        Tensor more = companions(own, x, told.argmax(1), domain); // [N, ...]
        x = Tensors.cat(List.of(x, more), 0); // [2N, ...]
        told = Tensors.cat(List.of(told, ask(blackBox, more)), 0); // [2N, K]
        fit(surrogate, x, told, seed.split(round));
      }
      return new Result(x.size(0), agreement(own, x, told));
    }
  }

  private static void requireFit(Classifier own, Classifier blackBox) {
    Problems problems = new Problems("surrogate");
    if (own.classes() != blackBox.classes()) {
      problems.add("", blackBox.classes() + " classes", own.classes() + " classes");
    }
    if (!Arrays.equals(own.inputShape(), blackBox.inputShape())) {
      problems.add(
          "",
          "inputs " + Arrays.toString(blackBox.inputShape()),
          Arrays.toString(own.inputShape()));
    }
    if (!own.device().equals(blackBox.device())) {
      problems.add("", "a network on " + blackBox.device(), "one on " + own.device());
    }
    problems.throwIfAny();
  }

  /** What the black box says: probabilities, or one-hot labels, {@code [N, K]}. */
  private Tensor ask(Classifier blackBox, Tensor x) {
    Tensor logits = logits(blackBox, x); // [N, K]
    return answers == Answers.SCORES
        ? Nn.softmax(logits, 1)
        : Nn.oneHot(logits.argmax(1), logits.size(1));
  }

  private static Tensor logits(Classifier model, Tensor x) {
    try (NoGrad off = NoGrad.on()) {
      List<Tensor> parts = new ArrayList<>(); // [up to CHUNK, K] each
      for (long from = 0; from < x.size(0); from += CHUNK) {
        parts.add(model.logits(x.slice(0, from, Math.min(x.size(0), from + CHUNK))));
      }
      return Tensors.cat(parts, 0);
    }
  }

  private void fit(Network surrogate, Tensor x, Tensor told, Seed seed) {
    fit.run(
        surrogate,
        x,
        told,
        (z, p) -> p.mul(Nn.logSoftmax(z, 1)).sum(1).mean().neg(), // cross-entropy with p
        seed);
  }

  private Tensor companions(Classifier own, Tensor x, Tensor labels, Domain domain) {
    try (InputGradients source = own.gradients(Precision.FLOAT32)) {
      Tensor slope = // [N, ...] of the label's logit
          source.pass(x, z -> Nn.oneHot(labels, z.size(1))).gradient();
      return x.add(slope.sign(), reach).clampInPlace(domain.low(), domain.high());
    }
  }

  private static double agreement(Classifier own, Tensor x, Tensor told) {
    Tensor same = logits(own, x).argmax(1).eq(told.argmax(1)); // [N]
    return same.to(DType.FLOAT64).mean().item();
  }
}
