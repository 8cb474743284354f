package io.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class PipelineClassifierTest {
  /** Three logits that bend, of four values. */
  private static final Classifier MODEL =
      new Classifier() {
        @Override
        public int classes() {
          return 3;
        }

        @Override
        public long[] inputShape() {
          return new long[] {4};
        }

        @Override
        public Tensor logits(Tensor x) {
          Tensor w = Tensors.of(new float[] {1, -2, 3, 0, 2, 1, -1, 1, 0, 1, 1, -3}, 4, 3);
          return Nn.tanh(x).matmul(w);
        }
      };

  private static final Stage SQUARE = Stage.differentiable("square", Tensor::square);
  private static final Stage QUANTISE = Stage.quantise(5);

  /** A step function whose slope is said to be that of 3 x^2. */
  private static final Stage ODD =
      new Stage("odd", x -> x.mul(3).floor(), Backward.of(x -> x.square().mul(3)));

  private static Tensor slope(Classifier model, Tensor x, boolean fast) {
    try (InputGradients source =
        fast ? model.gradients(Precision.FLOAT32) : new TapeGradients(model, Precision.FLOAT32)) {
      return source.pass(x, z -> z.mul(2)).gradient();
    }
  }

  private static void requireClose(Tensor a, Tensor b) {
    assertThat(a.sub(b).abs().max().item()).isLessThan(1e-5);
  }

  @Test
  void theTapeAndTheWayBackStageByStageAgree() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(3)).uniform(0, 1, 6, 4);
      for (List<Stage> stages :
          List.of(
              List.<Stage>of(),
              List.of(SQUARE),
              List.of(QUANTISE),
              List.of(ODD),
              List.of(SQUARE, QUANTISE, ODD, SQUARE))) {
        PipelineClassifier pipeline = new PipelineClassifier(stages, MODEL, 4);
        requireClose(slope(pipeline, x, true), slope(pipeline, x, false));
        try (InputGradients source = pipeline.gradients(Precision.FLOAT32)) {
          requireClose(source.logits(x), pipeline.logits(x));
          requireClose(source.pass(x, z -> z).logits(), pipeline.logits(x));
        }
      }
    }
  }

  @Test
  void eachStageGoesBackItsOwnWay() {
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(5)).uniform(0, 1, 6, 4);
      requireClose(
          slope(PipelineClassifier.of(MODEL, SQUARE), x, true),
          slope(MODEL, x.square(), true).mul(x).mul(2));
      Tensor rounded = x.mul(4).round().mul(0.25);
      requireClose(
          slope(PipelineClassifier.of(MODEL, QUANTISE), x, true), slope(MODEL, rounded, true));
      requireClose(
          slope(PipelineClassifier.of(MODEL, ODD), x, true),
          slope(MODEL, x.mul(3).floor(), true).mul(x).mul(6));
      Stage honest = QUANTISE.with(Backward.exact());
      assertThat(slope(PipelineClassifier.of(MODEL, honest), x, true).abs().max().item()).isZero();
    }
  }

  @Test
  void stagesMayChangeTheShape() {
    Stage half = Stage.differentiable("half", x -> x.slice(1, 0, 8, 2));
    PipelineClassifier pipeline = new PipelineClassifier(List.of(half), MODEL, 8);
    try (Scope scope = Scope.open()) {
      Tensor x = Rng.of(new Seed(6)).uniform(0, 1, 2, 8);
      assertThat(slope(pipeline, x, true).shape()).containsExactly(2, 8);
      requireClose(slope(pipeline, x, true), slope(pipeline, x, false));
    }
    assertThatThrownBy(() -> PipelineClassifier.of(MODEL, half))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("[4]")
        .hasMessageContaining("[2]");
    Stage wrong = half.with(Backward.identity());
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.zeros(2, 8);
      Classifier other = new PipelineClassifier(List.of(wrong), MODEL, 8);
      assertThatThrownBy(() -> slope(other, x, true)).hasMessageContaining("identity cannot stand");
    }
  }

  @Test
  void aRandomStageMakesARandomModel() {
    Stage random = new Stage("noise", x -> x, Backward.exact(), true);
    assertThat(PipelineClassifier.of(MODEL, random).stochastic()).isTrue();
    assertThat(PipelineClassifier.of(MODEL, SQUARE).stochastic()).isFalse();
  }

  @Test
  void aModelWithoutNamedLayersSaysSo() {
    try (Scope scope = Scope.open()) {
      assertThat(MODEL.layers()).isEmpty();
      assertThatThrownBy(() -> MODEL.activation(Tensors.zeros(1, 4), "relu"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("relu");
    }
  }
}
