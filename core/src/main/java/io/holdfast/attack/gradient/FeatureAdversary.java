package io.holdfast.attack.gradient;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.StepSize;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Knowledge;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Feature adversaries (Sabour et al. 2016, equations 1 and 2): inputs near their source whose
 * values at a named layer are as near as possible to those of a guide of another class. Projected
 * steepest steps from the source stand for the paper's L-BFGS-B. The guide of a sample is drawn
 * from the guides by the sample's own seed: of the target's class where there is a target, else of
 * any but the label's. Shapes: n samples in the task.
 *
 * @param layer one of the model's {@link io.holdfast.model.Classifier#layers}
 * @param guides inputs of the model's shape
 * @param steps at least 1
 * @param stepSize length of a step
 */
public record FeatureAdversary(String layer, Dataset guides, int steps, StepSize stepSize)
    implements Attack {
  public FeatureAdversary {
    GradientChecks.requirePositive("feature", "steps", steps);
    if (layer.isBlank()) {
      throw new InvalidInputException("attack feature", "layer", "a layer's name", "nothing");
    }
  }

  /** Steps of {@link StepSize#standard}. */
  public FeatureAdversary(String layer, Dataset guides, int steps) {
    this(layer, guides, steps, StepSize.standard(Math.max(1, steps)));
  }

  @Override
  public String name() {
    return "feature";
  }

  /** Names the layer, the guides and their content. */
  @Override
  public String key() {
    double size = Double.isNaN(stepSize.absolute()) ? stepSize.relative() : stepSize.absolute();
    String step = Double.isNaN(stepSize.absolute()) ? "relative_step" : "step_size";
    String content = guides.contentHash().substring(0, 8);
    return "feature[layer=%s,guides=%s:%s,steps=%d,%s=%s]"
        .formatted(layer, guides.info().name(), content, steps, step, size);
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void checkInputs(long[] shape) {
    if (!Arrays.equals(shape, guides.info().shapeArray())) {
      throw new InvalidInputException(
          "attack feature",
          "guides",
          "inputs " + Arrays.toString(shape),
          Arrays.toString(guides.info().shapeArray()));
    }
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Tensor wanted = // [n, ...] of the layer
        Scope.tidy(() -> task.activation(chosen(task), layer));
    double fraction = stepSize.fraction(task.threat());
    Tensor x = task.region().origin(); // [n, ...]
    for (int k = 0; k < steps && task.queriesLeft() > 0; k++) {
      try (Scope step = Scope.open()) {
        // minus half the squared distance is raised
        InputGradients.Pass pass = task.ascendAt(layer, x, value -> wanted.sub(value));
        task.region().step(x, pass.gradient(), fraction);
      }
    }
    return x;
  }

  /** One guide per sample, {@code [n, ...]}. */
  private Tensor chosen(AttackTask task) {
    long[] labels = task.reference().labels().toLongs();
    Tensor targets = task.reference().targets();
    long[] wanted = targets == null ? labels : targets.toLongs();
    List<Seed> seeds = task.seeds();
    int[] positions = new int[labels.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = choose(seeds.get(i), wanted[i], targets != null);
    }
    long[] shape = task.region().clean().shape();
    return Tensors.of(guides.read(positions), shape).to(task.region().clean().device());
  }

  private int choose(Seed seed, long label, boolean same) {
    int[] fit =
        IntStream.range(0, guides.size()).filter(i -> (guides.label(i) == label) == same).toArray();
    if (fit.length == 0) {
      String expected = (same ? "one of class " : "one of a class other than ") + label;
      throw new InvalidInputException("attack feature", "guides", expected, "none");
    }
    return fit[seed.split("guide").generator().nextInt(fit.length)];
  }
}
