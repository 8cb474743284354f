package io.holdfast.model;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * Several models as one, with equal weights (Dong et al. 2018, section 3.4; Liu et al. 2017,
 * section 5): what fools them all is likely to fool another. Owns none of them. Shapes: N batch, K
 * classes.
 */
public final class EnsembleClassifier implements Classifier {

  /** What of the members is averaged. */
  public enum Fusion {
    /** Their logits. */
    LOGITS,
    /** Their probabilities; the ensemble's logits are the logarithms. */
    PROBABILITIES,
    /**
     * The losses of an attack, each member's from its own logits; elsewhere as {@link #LOGITS}. So
     * each member counts by its own loss, however far it is fooled already.
     */
    LOSSES
  }

  private final List<Classifier> members;
  private final Fusion fusion;

  /**
   * Members that take the same inputs and know the same classes.
   *
   * @throws InvalidInputException if there are none, or they do not go together
   */
  public EnsembleClassifier(List<? extends Classifier> members, Fusion fusion) {
    this.members = List.copyOf(members);
    this.fusion = fusion;
    Problems problems = new Problems("ensemble");
    if (members.isEmpty()) {
      problems.add("members", "at least one model", "none");
    }
    for (Classifier member : this.members) {
      Classifier first = this.members.get(0);
      if (member.classes() != first.classes()) {
        problems.add("members", first.classes() + " classes", member.classes() + " classes");
      }
      if (!Arrays.equals(member.inputShape(), first.inputShape())) {
        problems.add(
            "members",
            "inputs " + Arrays.toString(first.inputShape()),
            Arrays.toString(member.inputShape()));
      }
      if (!member.device().equals(first.device())) {
        problems.add("members", "models on " + first.device(), "one on " + member.device());
      }
    }
    problems.throwIfAny();
  }

  /** The models. */
  public List<Classifier> members() {
    return members;
  }

  @Override
  public int classes() {
    return members.get(0).classes();
  }

  @Override
  public long[] inputShape() {
    return members.get(0).inputShape();
  }

  @Override
  public Device device() {
    return members.get(0).device();
  }

  @Override
  public boolean differentiable() {
    return members.stream().allMatch(Classifier::differentiable);
  }

  @Override
  public boolean stochastic() {
    return members.stream().anyMatch(Classifier::stochastic);
  }

  @Override
  public Tensor logits(Tensor x) {
    return fused(members.stream().map(m -> m.logits(x)).toList()); // [N, K]
  }

  /** {@code [N, K]} of one {@code [N, K]} per member. */
  private Tensor fused(List<Tensor> logits) {
    if (fusion != Fusion.PROBABILITIES) {
      return sum(logits).mul(1.0 / members.size());
    }
    List<Tensor> all = logits.stream().map(z -> Nn.logSoftmax(z, 1).unsqueeze(0)).toList();
    return Tensors.cat(all, 0).logSumExp(0).sub(Math.log(members.size()));
  }

  private static Tensor sum(List<Tensor> all) {
    BinaryOperator<Tensor> plus = Tensor::add;
    return all.stream().reduce(plus).orElseThrow();
  }

  @Override
  public InputGradients gradients(Precision precision) {
    return fusion == Fusion.LOSSES
        ? new MeanGradients(members.stream().map(m -> m.gradients(precision)).toList())
        : new TapeGradients(this, precision);
  }

  /** The mean of the members' own gradients, each the fastest that the member has. */
  private record MeanGradients(List<InputGradients> sources) implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      try (Scope scope = Scope.open()) {
        List<Tensor> logits = new ArrayList<>(); // members of [N, K]
        List<Tensor> gradients = new ArrayList<>(); // members of [N, ...]
        for (InputGradients source : sources) {
          Pass pass = source.pass(x, cotangent);
          logits.add(pass.logits());
          gradients.add(pass.gradient());
        }
        double share = 1.0 / sources.size();
        return new Pass(scope.keep(sum(logits).mul(share)), scope.keep(sum(gradients).mul(share)));
      }
    }

    @Override
    public Tensor logits(Tensor x) {
      return Scope.tidy(
          () -> sum(sources.stream().map(s -> s.logits(x)).toList()).mul(1.0 / sources.size()));
    }

    @Override
    public void close() {
      sources.forEach(InputGradients::close);
    }
  }
}
