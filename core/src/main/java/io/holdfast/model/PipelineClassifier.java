package io.holdfast.model;

import io.holdfast.common.InvalidInputException;
import io.holdfast.model.Backward.Passed;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Stages and a model behind them as one classifier, so that attacks go through the whole pipeline
 * and never only its last model. The stages compute in float32, each with its own way {@link
 * Backward}. Owns nothing: closing the model is its owner's affair.
 */
public final class PipelineClassifier implements Classifier {
  private final List<Stage> stages;
  private final Classifier model;
  private final long[] inputShape;

  /**
   * Stages in order, then the model.
   *
   * @param inputShape of one input of the first stage, such as {@code [C, H, W]}
   * @throws InvalidInputException if the stages do not lead to what the model takes
   */
  public PipelineClassifier(List<Stage> stages, Classifier model, long... inputShape) {
    this.stages = List.copyOf(stages);
    this.model = model;
    this.inputShape = inputShape.clone();
    requireFit();
  }

  /** Stages that keep the shape of inputs, then the model. */
  public static PipelineClassifier of(Classifier model, Stage... stages) {
    return new PipelineClassifier(List.of(stages), model, model.inputShape());
  }

  private void requireFit() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.zeros(inputShape).to(model.device()).unsqueeze(0); // [1, ...]
      for (Stage stage : stages) {
        x = stage.forward().apply(x);
      }
      long[] given = Arrays.copyOfRange(x.shape(), 1, x.rank());
      if (!Arrays.equals(given, model.inputShape())) {
        throw new InvalidInputException(
            "pipeline",
            "stages",
            "an output of " + Arrays.toString(model.inputShape()) + ", what the model takes",
            Arrays.toString(given));
      }
    }
  }

  /** The stages in order. */
  public List<Stage> stages() {
    return stages;
  }

  /** What stands behind the stages. */
  public Classifier model() {
    return model;
  }

  @Override
  public int classes() {
    return model.classes();
  }

  @Override
  public long[] inputShape() {
    return inputShape.clone();
  }

  @Override
  public Device device() {
    return model.device();
  }

  @Override
  public boolean differentiable() {
    return model.differentiable();
  }

  @Override
  public boolean stochastic() {
    return model.stochastic() || stages.stream().anyMatch(Stage::stochastic);
  }

  @Override
  public Tensor logits(Tensor x) {
    return model.logits(prepared(x)); // [N, K]
  }

  @Override
  public List<String> layers() {
    return model.layers();
  }

  @Override
  public Tensor activation(Tensor x, String layer) {
    return model.activation(prepared(x), layer); // [N, ...]
  }

  /** What the model sees of {@code x [N, ...]}, on its tape, if it is on one. */
  public Tensor prepared(Tensor x) {
    Tensor y = x;
    for (Stage stage : stages) {
      y = y.requiresGrad() ? onTape(stage, y) : stage.forward().apply(y); // [N, ...]
    }
    return y;
  }

  private static Tensor onTape(Stage stage, Tensor x) {
    Passed passed = stage.backward().pass(x.detach(), stage.forward());
    return Autograd.custom(x, passed.value(), passed.pullBack());
  }

  @Override
  public InputGradients gradients(Precision precision) {
    return new Through(stages, model.gradients(precision));
  }

  /** The model's own fastest gradients, carried back stage by stage. */
  private record Through(List<Stage> stages, InputGradients inner) implements InputGradients {
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      try (Scope scope = Scope.open()) {
        Passed[] passed = new Passed[stages.size()];
        Tensor y = x.detach(); // [N, ...]
        for (int i = 0; i < passed.length; i++) {
          Stage stage = stages.get(i);
          passed[i] = stage.backward().pass(y, stage.forward());
          y = passed[i].value();
        }
        Pass last = inner.pass(y, cotangent);
        Tensor gradient = last.gradient(); // [N, ...]
        for (int i = passed.length - 1; i >= 0; i--) {
          gradient = passed[i].pullBack().apply(gradient);
        }
        return new Pass(scope.keep(last.logits()), scope.keep(gradient));
      }
    }

    @Override
    public Tensor logits(Tensor x) {
      try (Scope scope = Scope.open()) {
        Tensor y = x.detach(); // [N, ...]
        for (Stage stage : stages) {
          y = stage.forward().apply(y);
        }
        return scope.keep(inner.logits(y)); // [N, K]
      }
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
