package io.holdfast.testkit.attack;

import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Counts the rows that pass through a model, by the way they take. */
final class CountingClassifier extends ForwardingClassifier {
  final AtomicLong verdicts = new AtomicLong();
  final AtomicLong forwards = new AtomicLong();
  final AtomicLong backwards = new AtomicLong();

  CountingClassifier(Classifier inner) {
    super(inner);
  }

  @Override
  public Tensor logits(Tensor x) {
    verdicts.addAndGet(x.size(0));
    return super.logits(x);
  }

  /** One that is asked about on the tape is asked for its slope. */
  @Override
  public Tensor activation(Tensor x, String layer) {
    forwards.addAndGet(x.size(0));
    backwards.addAndGet(x.requiresGrad() ? x.size(0) : 0);
    return super.activation(x, layer);
  }

  @Override
  public InputGradients gradients(Precision precision) {
    InputGradients source = inner().gradients(precision);
    return new InputGradients() {
      @Override
      public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
        forwards.addAndGet(x.size(0));
        backwards.addAndGet(x.size(0));
        return source.pass(x, cotangent);
      }

      @Override
      public void passes(Tensor x, List<UnaryOperator<Tensor>> cotangents, Consumer<Pass> each) {
        forwards.addAndGet(x.size(0)); // asked about one point, whatever its slopes are of
        backwards.addAndGet(x.size(0) * cotangents.size());
        source.passes(x, cotangents, each);
      }

      @Override
      public Tensor logits(Tensor x) {
        forwards.addAndGet(x.size(0));
        return source.logits(x);
      }

      @Override
      public void close() {
        source.close();
      }
    };
  }
}
