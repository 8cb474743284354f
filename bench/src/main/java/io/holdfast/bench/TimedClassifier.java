package io.holdfast.bench;

import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.model.PatchLogits;
import io.holdfast.model.Patches;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A classifier that knows how long it computed, all threads together: whatever an attack takes
 * beside that is the attack's own.
 */
final class TimedClassifier implements Classifier {
  private final Classifier model;
  private final LongAdder spent = new LongAdder(); // ns

  TimedClassifier(Classifier model) {
    this.model = model;
  }

  /** Milliseconds spent in the model. */
  double milliseconds() {
    return spent.sum() / 1e6;
  }

  private <T> T timed(Supplier<T> work) {
    long begin = System.nanoTime();
    T result = work.get();
    spent.add(System.nanoTime() - begin);
    return result;
  }

  private void during(Runnable work) {
    timed(
        () -> {
          work.run();
          return Boolean.TRUE;
        });
  }

  @Override
  public int classes() {
    return model.classes();
  }

  @Override
  public long[] inputShape() {
    return model.inputShape();
  }

  @Override
  public Tensor logits(Tensor x) {
    return timed(() -> model.logits(x));
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
    return model.stochastic();
  }

  @Override
  public List<String> layers() {
    return model.layers();
  }

  @Override
  public Tensor activation(Tensor x, String layer) {
    return timed(() -> model.activation(x, layer));
  }

  @Override
  public InputGradients gradients(Precision precision) {
    return new Gradients(model.gradients(precision));
  }

  private final class Gradients implements InputGradients {
    private final InputGradients own;

    Gradients(InputGradients own) {
      this.own = own;
    }

    /** The derivative of the loss, which is computed on the way, counts as the attack's. */
    @Override
    public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
      return timed(() -> own.pass(x, without(cotangent)));
    }

    @Override
    public void passes(Tensor x, List<UnaryOperator<Tensor>> cotangents, Consumer<Pass> each) {
      List<UnaryOperator<Tensor>> all = cotangents.stream().map(this::without).toList();
      during(() -> own.passes(x, all, pass -> aside(() -> each.accept(pass))));
    }

    /** What the attack does meanwhile. */
    private void aside(Runnable work) {
      long begin = System.nanoTime();
      work.run();
      spent.add(begin - System.nanoTime());
    }

    private UnaryOperator<Tensor> without(UnaryOperator<Tensor> cotangent) {
      return logits -> {
        long begin = System.nanoTime();
        Tensor slope = cotangent.apply(logits);
        spent.add(begin - System.nanoTime());
        return slope;
      };
    }

    @Override
    public Tensor logits(Tensor x) {
      return timed(() -> own.logits(x));
    }

    @Override
    public Optional<PatchLogits> patches() {
      return own.patches().map(InPatches::new);
    }

    @Override
    public void close() {
      own.close();
    }
  }

  private final class InPatches implements PatchLogits {
    private final PatchLogits own;

    InPatches(PatchLogits own) {
      this.own = own;
    }

    @Override
    public boolean pays(int height, int width) {
      return own.pays(height, width);
    }

    @Override
    public void begin(Tensor base) {
      during(() -> own.begin(base));
    }

    @Override
    public Tensor logits(Tensor x, Patches changed) {
      return timed(() -> own.logits(x, changed));
    }

    @Override
    public void accept(boolean[] taken) {
      during(() -> own.accept(taken));
    }

    @Override
    public void retain(Tensor positions) {
      during(() -> own.retain(positions));
    }

    @Override
    public void close() {
      own.close();
    }
  }
}
