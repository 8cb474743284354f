package io.holdfast.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.AutogradState;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Derivatives on the tape. Nothing here accumulates into tensors, so threads may share weights. */
public final class Autograd {
  /** What a derivative of our own threw on this thread; native code keeps its message only. */
  private static final ThreadLocal<@Nullable Throwable> FAILED = new ThreadLocal<>();

  private static final ThreadLocal<long[]> COUNT = ThreadLocal.withInitial(() -> new long[1]);

  private Autograd() {}

  /** How many derivatives this thread has asked for so far. */
  public static long count() {
    return COUNT.get()[0];
  }

  /** The gradient of a one-element output with respect to one leaf. */
  public static Tensor grad(Tensor output, Tensor input) {
    return grad(output, List.of(input), false).get(0);
  }

  /**
   * The gradients of a one-element output.
   *
   * @param createGraph true to put the gradients themselves on the tape (double backward)
   * @throws RuntimeException if an input took no part in the output
   */
  public static List<Tensor> grad(Tensor output, List<Tensor> inputs, boolean createGraph) {
    return run(output, inputs, null, createGraph, false).stream()
        .map(t -> java.util.Objects.requireNonNull(t))
        .toList();
  }

  /** As {@link #grad(Tensor, List, boolean)}; null for inputs that took no part in the output. */
  public static List<@Nullable Tensor> gradAllowUnused(Tensor output, List<Tensor> inputs) {
    return run(output, inputs, null, false, true);
  }

  /** The vector-Jacobian product of any output with {@code cotangent}, of the output's shape. */
  public static Tensor vjp(Tensor output, Tensor input, Tensor cotangent) {
    return vjp(output, List.of(input), cotangent, false).get(0);
  }

  /** As {@link #vjp(Tensor, Tensor, Tensor)} for several inputs. */
  public static List<Tensor> vjp(
      Tensor output, List<Tensor> inputs, Tensor cotangent, boolean createGraph) {
    return run(output, inputs, cotangent, createGraph, false).stream()
        .map(t -> java.util.Objects.requireNonNull(t))
        .toList();
  }

  private static List<@Nullable Tensor> run(
      Tensor output,
      List<Tensor> inputs,
      @Nullable Tensor cotangent,
      boolean createGraph,
      boolean allowUnused) {
    COUNT.get()[0]++;
    Scope scope = Scope.current();
    if (output.handle().is_cuda()) { // CUDA's own threads know neither scopes nor meetings
      AutogradState.get_tls_state().set_multithreading_enabled(false);
    }
    TensorVector grads;
    try {
      grads =
          torch.grad(
              new TensorVector(output.raw()),
              Tensors.vector(inputs),
              cotangent == null ? new TensorVector() : new TensorVector(cotangent.raw()),
              new BoolOptional(createGraph),
              createGraph,
              allowUnused);
    } catch (RuntimeException e) {
      throw cause(e);
    } finally {
      DeviceCheck.end();
    }
    List<@Nullable Tensor> result = new ArrayList<>(inputs.size());
    for (int i = 0; i < grads.size(); i++) {
      org.bytedeco.pytorch.Tensor own = new org.bytedeco.pytorch.Tensor(grads.get(i));
      result.add(own.defined() ? new Tensor(own, scope, inputs.get(i).place()) : null);
    }
    return result;
  }

  /** What a derivative of our own threw, or {@code told}. */
  private static RuntimeException cause(RuntimeException told) {
    Throwable own = FAILED.get();
    FAILED.remove();
    if (own instanceof Error error) {
      throw error;
    }
    return own instanceof RuntimeException cause ? cause : told;
  }

  /**
   * An operation with a derivative of our own: its value is {@code value}, its vector-Jacobian
   * product with respect to {@code input} is {@code vjp}. For stages that have no useful derivative
   * (BPDA, Athalye et al. 2018, section 4.1), and for derivatives known in closed form. Once
   * differentiable only. The tape must be used while the innermost open scope is open.
   *
   * @param vjp from the cotangent, of {@code value}'s shape, to a tensor of {@code input}'s shape
   */
  public static Tensor custom(Tensor input, Tensor value, UnaryOperator<Tensor> vjp) {
    Scope scope = Scope.current();
    org.bytedeco.pytorch.Tensor[] cotangent = new org.bytedeco.pytorch.Tensor[1];
    Hook atInput =
        new Hook(unused -> vjp.apply(Tensor.reference(cotangent[0], value.place())).handle());
    Hook atOutput =
        new Hook(
            g -> {
              cotangent[0] = g;
              return g;
            });
    scope.hold(atInput);
    scope.hold(atOutput);
    Tensor alias = input.view(input.shape());
    alias.handle().register_hook(atInput);
    // Zero times the input ties the value to the tape; non-finite inputs must not poison it.
    Tensor tie =
        Tensors.where(
            alias.isFinite(), alias, alias.detach().mul(0).maskedFill(alias.isFinite().not(), 0));
    Tensor out = value.detach().add(tie.sum().mul(0).to(value.type()));
    out.handle().register_hook(atOutput);
    return out;
  }

  /** {@code value} on the way forward, the identity on the way back. */
  public static Tensor straightThrough(Tensor input, Tensor value) {
    return custom(input, value, g -> g);
  }

  /**
   * {@code input}, whose derivative {@code change} rewrites on its way back. The result is to be
   * used by one operation alone, one that makes its derivative anew, since it is changed in place.
   *
   * @param input on the tape
   * @param home an open scope of this thread in which the tape is used
   */
  static Tensor changedOnTheWayBack(Tensor input, Scope home, Consumer<Tensor> change) {
    Tensor alias = input.view(input.shape());
    ChangeInPlace hook = new ChangeInPlace(change, input.place());
    Scope.current().keepIn(home, hook);
    alias.handle().register_hook(hook);
    return alias;
  }

  private static final class ChangeInPlace extends TensorTensorHook {
    private final Consumer<Tensor> change;
    private final @Nullable Device place;

    ChangeInPlace(Consumer<Tensor> change, @Nullable Device place) {
      this.change = change;
      this.place = place;
    }

    @Override
    public TensorBase call(TensorBase gradient) {
      try (Scope scope = Scope.open()) { // no reference to the gradient stays
        Scope here = Scope.current();
        change.accept(new Tensor(new org.bytedeco.pytorch.Tensor(gradient), here, place));
        return gradient;
      } catch (Throwable e) {
        FAILED.set(e);
        throw e;
      }
    }
  }

  private static final class Hook extends TensorTensorHook {
    private final UnaryOperator<org.bytedeco.pytorch.Tensor> work;

    Hook(UnaryOperator<org.bytedeco.pytorch.Tensor> work) {
      this.work = work;
    }

    @Override
    public TensorBase call(TensorBase gradient) {
      try {
        return work.apply(new org.bytedeco.pytorch.Tensor(gradient));
      } catch (Throwable e) {
        FAILED.set(e);
        throw e;
      }
    }
  }
}
