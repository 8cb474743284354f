package io.holdfast.testkit.attack;

import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import java.util.function.UnaryOperator;

/** Models whose numbers are not finite, as diverged training leaves them. */
final class Broken {
  private Broken() {}

  /** Fine logits, NaN in the first value of every input gradient. */
  static Classifier gradients(Classifier inner) {
    return new ForwardingClassifier(inner) {
      @Override
      public Tensor activation(Tensor x, String layer) {
        Tensor zero = x.flatten(1, -1).slice(1, 0, 1).mul(0).sqrt(); // [N, 1], of slope NaN
        return inner.activation(x, layer).add(zero);
      }

      @Override
      public InputGradients gradients(Precision precision) {
        InputGradients source = inner.gradients(precision);
        return new InputGradients() {
          @Override
          public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
            Pass pass = source.pass(x, cotangent);
            pass.gradient().flatten(1, -1).slice(1, 0, 1).fillInPlace(Double.NaN);
            return pass;
          }

          @Override
          public Tensor logits(Tensor x) {
            return source.logits(x);
          }

          @Override
          public void close() {
            source.close();
          }
        };
      }
    };
  }

  /** One logit of every sample is NaN. */
  static Classifier logits(Classifier inner) {
    return new ForwardingClassifier(inner) {
      @Override
      public Tensor activation(Tensor x, String layer) {
        return inner.activation(x, layer).mul(Double.NaN);
      }

      @Override
      public Tensor logits(Tensor x) {
        Tensor z = inner.logits(x);
        z.detach().slice(1, 1, 2).fillInPlace(Double.NaN);
        return z;
      }
    };
  }
}
