package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.StepSize;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Records;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Knowledge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Feature adversaries (Sabour et al. 2016, equations 1 and 2): inputs near their source whose
 * values at a named layer are as near as possible to those of a guide of another class. Projected
 * steepest steps from the source stand for the paper's L-BFGS-B. The guide of a sample is drawn by
 * the sample's own seed, another one in each round: of the target's class where there is a target,
 * else of any but the label's; a sample of a run without any other label stays as it is. Every
 * sample takes all steps: the layer's values do not tell who has fallen. Shapes: n samples in the
 * task.
 *
 * @param layer one of the model's {@link io.holdfast.model.Classifier#layers}; empty for the last
 *     one before the logits
 * @param guides inputs of the model's shape; null for the other samples of the run, of which one
 *     that the model takes for the target counts as of its class, and where there is none (with
 *     guides this is an error) one of another label stands for it
 * @param steps of a round, at least 1
 * @param stepSize length of a step
 * @param restarts rounds on samples that still stand, at least 1
 */
public record FeatureAdversary(
    Optional<String> layer, @Nullable Dataset guides, int steps, StepSize stepSize, int restarts)
    implements ListedAttack<FeatureAdversary> {
  private static final String NAME = "feature";

  /** The registry's line. */
  public static final AttackSpec<FeatureAdversary> SPEC =
      new AttackSpec<>(
          NAME,
          "towards what a layer makes of an input of another class",
          AttackSpec.BALLS,
          "Sabour et al. 2016, equations 1 and 2",
          steps(40),
          List.of(
              Knobs.steps(FeatureAdversary::steps, FeatureAdversary::withSteps),
              Knobs.restarts((a, n) -> a.restarts(n)),
              Knobs.standardStep(FeatureAdversary::stepSize, FeatureAdversary::stepSize),
              Knobs.ownText(
                  "layer",
                  "the last one before the logits",
                  "a layer of the model, by its name",
                  FeatureAdversary::layer,
                  FeatureAdversary::at)));

  public FeatureAdversary {
    GradientChecks.requirePositive(NAME, "steps", steps);
    GradientChecks.requirePositive(NAME, "restarts", restarts);
    if (layer.isPresent() && layer.get().isBlank()) {
      throw new InvalidInputException("attack " + NAME, "layer", "a layer's name", "nothing");
    }
  }

  /** One round of steps of {@link StepSize#standard} towards other samples of the run. */
  public static FeatureAdversary steps(int number) {
    return new FeatureAdversary(
        Optional.empty(), null, number, StepSize.standard(Math.max(1, number)), 1);
  }

  /** Another number of steps; a standard length follows it. */
  private FeatureAdversary withSteps(int number) {
    return Records.with(
        Records.with(this, "steps", number), "stepSize", stepSize.following(steps, number));
  }

  public FeatureAdversary stepSize(StepSize size) {
    return Records.with(this, "stepSize", size);
  }

  public FeatureAdversary restarts(int number) {
    return Records.with(this, "restarts", number);
  }

  /** At this layer. */
  public FeatureAdversary at(String name) {
    return Records.with(this, "layer", Optional.of(name));
  }

  /** Towards one of these inputs, in place of other samples of the run. */
  public FeatureAdversary towards(Dataset inputs) {
    return new FeatureAdversary(layer, inputs, steps, stepSize, restarts);
  }

  @Override
  public AttackSpec<FeatureAdversary> spec() {
    return SPEC;
  }

  /** With guides of its own, which no text can give, their name and content too. */
  @Override
  public String key() {
    if (guides == null) {
      return ListedAttack.super.key();
    }
    String own = new FeatureAdversary(layer, null, steps, stepSize, restarts).key();
    String content = guides.contentHash().substring(0, 8);
    return "%s,guides=%s:%s]"
        .formatted(own.substring(0, own.length() - 1), guides.info().name(), content);
  }

  @Override
  public Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  public void checkInputs(long[] shape) {
    if (guides != null && !Arrays.equals(shape, guides.info().shapeArray())) {
      throw new InvalidInputException(
          "attack " + NAME,
          "guides",
          "inputs " + Arrays.toString(shape),
          Arrays.toString(guides.info().shapeArray()));
    }
  }

  @Override
  public List<String> layers() {
    return layer.stream().toList();
  }

  @Override
  public void checkLayers(List<String> known) {
    if (known.size() < 2) {
      throw new InvalidInputException(
          "attack " + NAME, "layer", "a model with named layers", "one without");
    }
    if (layer.isPresent() && !known.contains(layer.get())) {
      throw new InvalidInputException(
          "attack " + NAME,
          "layer",
          "one of " + String.join(", ", known),
          layer.get(),
          Nearest.hint(layer.get(), known));
    }
  }

  @Override
  public Tensor perturb(AttackTask task) {
    List<String> known = task.layers();
    String where = layer.orElseGet(() -> known.get(known.size() - 2));
    if (task.queriesLeft() < 2) { // one for the guide, and one step
      return task.region().origin();
    }
    Tensor wanted = // [n, ...] of the layer
        Scope.tidy(() -> task.activation(chosen(task), where));
    double fraction = stepSize.fraction(task.threat());
    Tensor x = task.region().origin(); // [n, ...]
    for (int k = 0; k < steps && task.queriesLeft() > 0; k++) {
      try (Scope step = Scope.open()) {
        // minus half the squared distance is raised
        InputGradients.Pass pass = task.ascendAt(where, x, value -> wanted.sub(value));
        task.region().step(x, pass.gradient(), fraction);
      }
    }
    return x;
  }

  /** One guide per sample, {@code [n, ...]}. */
  private Tensor chosen(AttackTask task) {
    List<Seed> draws = task.seeds().stream().map(s -> s.split("guide")).toList();
    if (guides == null) {
      return ofTheRun(task, draws);
    }
    long[] labels = task.reference().labels().toLongs();
    Tensor targets = task.reference().targets();
    long[] wanted = targets == null ? labels : targets.toLongs();
    int[] positions = new int[labels.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = choose(guides, draws.get(i), wanted[i], targets != null);
    }
    long[] shape = task.region().clean().shape();
    return Tensors.of(guides.read(positions), shape).to(task.region().clean().device());
  }

  private static Tensor ofTheRun(AttackTask task, List<Seed> draws) {
    Tensor others = task.ofOtherLabelsOrOwn(draws); // [n, ...]
    if (task.reference().targets() == null) {
      return others;
    }
    List<Tensor> each = new ArrayList<>();
    for (int i = 0; i < draws.size(); i++) {
      Tensor found = task.examples(i, 1); // [1, ...]
      each.add(found == null ? others.slice(0, i, i + 1) : found);
    }
    return Tensors.cat(each, 0);
  }

  private static int choose(Dataset from, Seed seed, long label, boolean same) {
    int[] fit =
        IntStream.range(0, from.size()).filter(i -> (from.label(i) == label) == same).toArray();
    if (fit.length == 0) {
      String expected = (same ? "one of class " : "one of a class other than ") + label;
      throw new InvalidInputException("attack " + NAME, "guides", expected, "none");
    }
    return fit[seed.generator().nextInt(fit.length)];
  }
}
