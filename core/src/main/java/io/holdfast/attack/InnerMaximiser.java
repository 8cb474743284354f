package io.holdfast.attack;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The inner maximisation of adversarial training: a fixed number of steps on every sample, also on
 * those that are misclassified already; nothing is dropped and nothing confirmed. Projections are
 * those of attacks, and so are steps but in L1 balls ({@link Region#trainingStep}). Shapes: N
 * samples of a shard, K classes.
 *
 * @param steps at least 0; 0 gives the start itself
 * @param fractions length of a step as a part of the epsilon of the threat model in each call, so
 *     that steps grow with epsilon under a curriculum: one for all members of a union, or one each
 * @param start where the search begins
 * @param rule how it departs from projected gradient ascent
 * @param follows whether the length of a step is the standard one of their number, also of another
 *     number
 */
public record InnerMaximiser(
    int steps, List<Double> fractions, Start start, SearchRule rule, boolean follows) {
  public InnerMaximiser {
    fractions = List.copyOf(fractions);
    if (steps < 0) {
      throw new IllegalArgumentException("steps: at least 0, found " + steps);
    }
    if (fractions.isEmpty() || !fractions.stream().allMatch(f -> f >= 0 && Double.isFinite(f))) {
      throw new IllegalArgumentException("step fraction: finite, at least 0, found " + fractions);
    }
  }

  /** Projected gradient ascent. */
  public InnerMaximiser(int steps, List<Double> fractions, Start start) {
    this(steps, fractions, start, SearchRule.PROJECTED, false);
  }

  /** Steps of the same part of epsilon for every member of a union. */
  public InnerMaximiser(int steps, double fraction, Start start) {
    this(steps, List.of(fraction), start);
  }

  /**
   * Steps of a length.
   *
   * @param nominal the threat model at full strength, to whose members an absolute length refers
   * @throws InvalidInputException if its set has no gradients
   */
  public static InnerMaximiser of(int steps, StepSize length, ThreatModel nominal, Start start) {
    if (!nominal.set().differentiable()) {
      throw new InvalidInputException(
          "training", "threat", "a perturbation set with gradients", nominal.set().key());
    }
    return new InnerMaximiser(
        steps, nominal.members().stream().map(length::fraction).toList(), start);
  }

  /** Where the search begins. */
  public enum Start {
    /** At the clean input. */
    CLEAN,
    /** Uniformly in the set, then projected into the domain (Madry et al. 2018). */
    UNIFORM,
    /**
     * At the clean input plus normal noise of standard deviation {@value #SMALL}, projected (Zhang
     * et al. 2019, section 4: the divergence that TRADES maximises has no slope at the clean
     * input).
     */
    SMALL_NORMAL;

    static final double SMALL = 0.001;

    /**
     * The same, or {@link #SMALL_NORMAL} in place of {@link #CLEAN} for a loss that has no slope
     * there.
     */
    public Start suiting(Loss loss) {
      return this == CLEAN && loss.flatAtSource() ? SMALL_NORMAL : this;
    }

    /**
     * Fresh variables to begin with, in the innermost open scope.
     *
     * @param seeds one per sample
     */
    public Tensor of(Region region, List<Seed> seeds) {
      return switch (this) {
        case CLEAN -> region.origin();
        case UNIFORM -> region.randomStart(seeds);
        case SMALL_NORMAL -> Starts.normal(region, seeds, SMALL);
      };
    }
  }

  /** The same with another number of steps, which a standard length follows. */
  public InnerMaximiser withSteps(int number) {
    double standard = StepSize.standard(Math.max(1, number)).relative();
    List<Double> lengths = follows ? fractions.stream().map(f -> standard).toList() : fractions;
    return new InnerMaximiser(number, lengths, start, rule, follows);
  }

  /** The same, whose steps have the standard length of their number or not. */
  public InnerMaximiser following(boolean standard) {
    return new InnerMaximiser(steps, fractions, start, rule, standard);
  }

  /** The same by another rule. */
  public InnerMaximiser by(SearchRule other) {
    return new InnerMaximiser(steps, fractions, start, other, follows);
  }

  /** The same for one member of a union by itself. */
  public InnerMaximiser member(int index) {
    return new InnerMaximiser(steps, List.of(fraction(index)), start, rule, follows);
  }

  /** The same from another start. */
  public InnerMaximiser from(Start other) {
    return new InnerMaximiser(steps, fractions, other, rule, follows);
  }

  /**
   * Perturbs every sample.
   *
   * @param model in the mode that the objective wants
   * @param loss to maximise
   * @param threat of the size that the curriculum wants now; of a union, each sample gets the
   *     member's result with the highest loss (Tramèr and Boneh 2019, "max")
   * @param x clean inputs {@code [N, ...]}, float32, inside the domain
   * @param reference labels, or clean probabilities
   * @param seeds one per sample
   * @return {@code [N, ...]}, off the tape, in the innermost open scope
   * @throws io.holdfast.common.HoldfastException if logits or gradients are not finite
   */
  public Tensor maximise(
      InputGradients model,
      Loss loss,
      ThreatModel threat,
      Tensor x,
      Reference reference,
      List<Seed> seeds) {
    List<ThreatModel> members = threat.members();
    Slope slope = new Slope(model, loss, reference);
    IntFunction<Tensor> ascend =
        m ->
            rule.search(
                new InnerAscent(slope, members.get(m), x, seeds, start, steps, fraction(m)));
    if (members.size() == 1) {
      return Scope.tidy(() -> ascend.apply(0));
    }
    return Scope.tidy(
        () -> {
          List<Tensor> results =
              IntStream.range(0, members.size()).mapToObj(ascend).toList(); // members of [N, ...]
          List<Tensor> values = // members of [N]
              results.stream().map(r -> loss.value(model.logits(r), reference)).toList();
          return pickHighest(results, values);
        });
  }

  /**
   * The steps of projected gradient ascent, from given variables of a region instead of this
   * maximiser's own start; for starts that are carried over from elsewhere.
   *
   * @param variables of the region; changed in place
   */
  public Tensor climb(
      InputGradients model, Loss loss, Region region, Tensor variables, Reference reference) {
    return new Slope(model, loss, reference)
        .climb(region, variables, steps, fraction(0), gradient -> gradient);
  }

  /** Length of a step as a part of the epsilon of a member of a union. */
  public double fraction(int member) {
    return fractions.get(fractions.size() == 1 ? 0 : member);
  }

  private static Tensor pickHighest(List<Tensor> results, List<Tensor> values) {
    Tensor best = results.get(0);
    Tensor highest = values.get(0); // [N]
    for (int m = 1; m < results.size(); m++) {
      Tensor better = values.get(m).gt(highest); // [N]
      Tensor rows = better.view(Tensors.perSample(best)); // [N, 1, ...]
      best = Tensors.where(rows, results.get(m), best); // [N, ...]
      highest = values.get(m).maximum(highest);
    }
    return best;
  }

  /** The rule is told where it is not the plain one, and lengths where they follow the steps. */
  @Override
  public String toString() {
    String plain = "steps=" + steps + ", fractions=" + fractions + ", start=" + start;
    boolean projected = rule.equals(SearchRule.PROJECTED);
    String other = (projected ? "" : ", rule=" + rule) + (follows ? ", follows" : "");
    return "InnerMaximiser[" + plain + other + "]";
  }
}
