package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Flow;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.Recolouring;
import io.holdfast.threat.ThreatModel;
import io.holdfast.threat.VectorField;
import java.util.Arrays;
import java.util.List;

/**
 * A field of vectors that fools the model and varies little from one point to the next: of where
 * pixels come from (Xiao et al. 2018, stAdv, equations 3 to 5) or of how colours move (Laidlaw and
 * Feizi 2019, ReColorAdv, sections 3 and 4). Raised is a loss, by default the margin of both
 * papers, less {@code penalty} times the field's {@linkplain #roughness roughness}. Steps are
 * Adam's, as in ReColorAdv (here of gradients over their mean size, sample by sample), where stAdv
 * has L-BFGS with a line search for each image; the field stays within the threat's bound, which
 * stAdv does not have. The first round sets out from no change at all, as both papers do, later
 * ones at random. A sample falls at any point of the way. Shapes: N samples, P parameters.
 *
 * @param medium what the field moves
 * @param steps at least 1
 * @param stepSize length of Adam's steps
 * @param penalty what a unit of roughness costs, at least 0; the unit is that of the parameters:
 *     pixels for flows, parts of a channel's range for colours
 * @param loss what is raised
 * @param restarts rounds on samples that still stand, at least 1
 * @param eot passes per step whose gradients are averaged, for models that draw random numbers
 */
public record SmoothField(
    Medium medium, int steps, StepSize stepSize, double penalty, Losses loss, int restarts, int eot)
    implements ListedAttack<SmoothField> {
  private static final double MOST = 1000;
  private static final double TINY = 1e-12; // no slope where neighbours are equal

  /** The registry's line of flows. */
  public static final AttackSpec<SmoothField> STADV =
      new AttackSpec<>(
          Medium.FLOW.attack,
          "a smooth deformation: ascent on the margin less the flow's roughness",
          List.of(Flow.NAME),
          "Xiao et al. 2018 (stAdv), equations 3 to 5",
          of(Medium.FLOW, 100),
          knobs());

  /** The registry's line of colours. */
  public static final AttackSpec<SmoothField> RECOLORADV =
      new AttackSpec<>(
          Medium.COLOUR.attack,
          "a smooth function of colour: ascent on the margin less its roughness",
          List.of(Recolouring.NAME),
          "Laidlaw and Feizi 2019 (ReColorAdv), sections 3 and 4",
          of(Medium.COLOUR, 100),
          knobs());

  /** What a field moves. */
  public enum Medium {
    /** Pixels. */
    FLOW("stadv", 0.01),
    /** Colours. */
    COLOUR("recoloradv", 0.05);

    private final String attack;
    private final double penalty;

    Medium(String attack, double penalty) {
      this.attack = attack;
      this.penalty = penalty;
    }
  }

  public SmoothField {
    GradientChecks.requirePositive(medium.attack, "steps", steps);
    GradientChecks.requirePositive(medium.attack, "restarts", restarts);
    GradientChecks.requirePositive(medium.attack, "eot", eot);
    if (!(penalty >= 0 && penalty <= MOST)) {
      throw new InvalidInputException(
          "attack " + medium.attack,
          "penalty",
          "a number in [0, " + MOST + "]",
          Double.toString(penalty));
    }
  }

  /**
   * With the margin of both papers. Roughness of colours costs what it does in the paper, 0.05 per
   * unit, that of flows 0.01: at stAdv's 0.05 few images of 28x28 pixels with a flow for each fall
   * at all within a bound of one pixel (docs/attacks.md).
   */
  public static SmoothField of(Medium medium, int steps) {
    int known = Math.max(1, steps);
    return new SmoothField(
        medium, steps, StepSize.standard(known), medium.penalty, Losses.CW, 1, 1);
  }

  private static List<Knob<SmoothField>> knobs() {
    return List.of(
        Knobs.steps(SmoothField::steps, SmoothField::withSteps),
        Knobs.restarts(SmoothField::restarts),
        Knobs.standardStep(SmoothField::stepSize, SmoothField::stepSize),
        Knobs.number(
            "penalty",
            "what a unit of the field's roughness costs, at least 0",
            0,
            MOST,
            SmoothField::penalty,
            SmoothField::penalty),
        Knobs.loss(SmoothField::loss, SmoothField::loss),
        Knobs.count(
            "eot",
            "passes averaged per step, for random models",
            SmoothField::eot,
            SmoothField::eot));
  }

  /** Another number of steps; a standard length follows it. */
  private SmoothField withSteps(int number) {
    return Records.with(
        Records.with(this, "steps", number), "stepSize", stepSize.following(steps, number));
  }

  public SmoothField stepSize(StepSize size) {
    return Records.with(this, "stepSize", size);
  }

  public SmoothField penalty(double perUnit) {
    return Records.with(this, "penalty", perUnit);
  }

  public SmoothField loss(Losses other) {
    return Records.with(this, "loss", other);
  }

  public SmoothField restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  public SmoothField eot(int passes) {
    return Records.with(this, "eot", passes);
  }

  @Override
  public AttackSpec<SmoothField> spec() {
    return medium == Medium.FLOW ? STADV : RECOLORADV;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    GradientChecks.requireClasses(key(), loss, threat.goal().targeted(), classes);
  }

  @Override
  public Tensor perturb(AttackTask task) {
    VectorField set = (VectorField) task.threat().set();
    double length = stepSize.fraction(task.threat()) * task.threat().epsilon();
    Start start = task.round() == 0 ? Start.CLEAN.suiting(loss) : Start.UNIFORM;
    Tensor theta = start.of(task.region(), task.seeds()); // [n, P]
    Velocity adam = new Velocity(Momentum.of(Momentum.Kind.ADAM), Norm.LINF, theta);
    for (int k = 0; k < steps && task.size() > 0 && task.queriesLeft() >= eot; k++) {
      try (Scope scope = Scope.open()) {
        InputGradients.Pass pass = task.ascend(theta, loss, eot);
        AttackTask.Stay stay = task.settle(theta, pass.logits());
        theta = stay.moveUp(theta);
        adam.retain(stay);
        if (task.size() > 0) {
          Tensor slope = stay.of(pass.gradient()); // [n, P]
          slope = slope.sub(cost(set, task.region().clean(), theta)); // [n, P]
          theta.addInPlace(adam.take(slope), length);
          task.region().project(theta);
        }
      }
    }
    return theta;
  }

  /** The gradient of the penalty, {@code [n, P]}. */
  private Tensor cost(VectorField set, Tensor clean, Tensor theta) {
    Tensor leaf = theta.asLeaf(); // [n, P]
    long[] shape = Arrays.copyOfRange(clean.shape(), 1, clean.rank());
    Tensor rough = roughness(set.field(leaf, shape)); // [n]
    return Autograd.vjp(rough, leaf, Tensors.full(penalty, theta.size(0)).to(theta.device()));
  }

  /**
   * How much a field varies: the sum, over all points of the grid and the neighbours of each, of
   * the length of the difference of their vectors (Xiao et al. 2018, equation 4); every pair counts
   * twice. Rounded so that it has a slope where neighbours are equal.
   *
   * @param field {@code [N, V, G, ...]}
   * @return {@code [N]}
   */
  static Tensor roughness(Tensor field) {
    long n = field.size(0);
    Tensor sum = field.reshape(n, -1).select(1, 0).mul(0); // [N]
    for (int axis = 2; axis < field.rank(); axis++) {
      long points = field.size(axis);
      Tensor step = field.slice(axis, 1, points).sub(field.slice(axis, 0, points - 1));
      Tensor length = step.square().sum(1).add(TINY).sqrt(); // [N, G, ...]
      sum = sum.add(length.reshape(n, -1).sum(1), 2);
    }
    return sum;
  }
}
