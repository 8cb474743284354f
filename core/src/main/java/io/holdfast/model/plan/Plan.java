package io.holdfast.model.plan;

import io.holdfast.model.InputGradients;
import io.holdfast.model.PatchLogits;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A network in evaluation mode as a list of operations with their derivatives written out: no tape,
 * no parameter gradients, weights cast and laid out once, normalisations folded into them, images
 * in channels-last memory order throughout. It works on copies of the weights, so that later
 * changes of the network do not reach it. Equal inputs give equal bits, on any thread.
 */
public final class Plan implements InputGradients {
  /** An operation, and the slots of its inputs; its result goes to the next slot. */
  record Step(Operation operation, List<Integer> inputs) {}

  private final SharedScope owner;
  private final DType type;
  private final List<Step> steps;
  private final boolean[] followsInput; // by slot; the others have no gradient
  private final List<Level> levels; // what may be computed patch by patch

  private Plan(Draft draft, DType type, Device device) {
    this.type = type;
    owner = Scope.shared();
    try {
      Map<String, Integer> slots = new HashMap<>(Map.of(draft.input(), 0));
      List<Step> all = new ArrayList<>();
      for (Item item : draft.items()) {
        List<Integer> from = item.inputs().stream().map(slots::get).toList();
        all.add(new Step(PlanRules.compile(item, new Store(owner, type, device)), from));
        slots.put(item.name(), all.size());
      }
      steps = List.copyOf(all);
      followsInput = follows(steps);
      levels = Level.of(draft.items(), steps);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  private static boolean[] follows(List<Step> steps) {
    boolean[] follows = new boolean[steps.size() + 1];
    follows[0] = true;
    for (int i = 0; i < steps.size(); i++) {
      for (int from : steps.get(i).inputs()) {
        follows[i + 1] |= follows[from];
      }
    }
    return follows;
  }

  /**
   * The plan of a network with one floating input, whose first output is logits.
   *
   * @param precision that it computes in; logits and gradients are float32 in any case
   * @return nothing if a layer has no rule here, or a weight is not finite: the tape shows where
   *     such weights lead, operations here may hide it
   */
  public static Optional<InputGradients> compile(Network network, Precision precision) {
    Graph graph = network.graph();
    boolean single =
        graph.inputs().size() == 1 && graph.inputs().get(0).type().dtype().isFloating();
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      Draft draft = Draft.of(graph, network.weights());
      boolean finite = network.weights().values().stream().allMatch(Plan::finite);
      if (!single || !finite || !draft.items().stream().allMatch(PlanRules::supports)) {
        return Optional.empty();
      }
      return Optional.of(
          new Plan(
              draft,
              precision == Precision.BFLOAT16 ? DType.BFLOAT16 : DType.FLOAT32,
              network.device()));
    }
  }

  private static boolean finite(Tensor weight) {
    return !weight.type().isFloating() || weight.allFinite();
  }

  @Override
  public Pass pass(Tensor x, UnaryOperator<Tensor> cotangent) {
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      Operation.Pullback[] pullbacks = new Operation.Pullback[steps.size()];
      Tensor logits = forward(x, pullbacks).to(DType.FLOAT32); // [N, K]
      Tensor top = cotangent.apply(logits).to(type); // [N, K]
      Tensor gradient = backward(top, pullbacks, x); // [N, ...]
      return new Pass(scope.keep(logits), scope.keep(gradient));
    }
  }

  /** Of one forward pass: what it leaves behind is read alone on the way back. */
  @Override
  public void passes(Tensor x, List<UnaryOperator<Tensor>> cotangents, Consumer<Pass> each) {
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      Operation.Pullback[] pullbacks = new Operation.Pullback[steps.size()];
      Tensor logits = forward(x, pullbacks).to(DType.FLOAT32); // [N, K]
      for (UnaryOperator<Tensor> cotangent : cotangents) {
        try (Scope one = Scope.open()) {
          Tensor top = cotangent.apply(logits).to(type); // [N, K]
          each.accept(new Pass(logits, backward(top, pullbacks, x))); // [N, ...]
        }
      }
    }
  }

  @Override
  public Tensor logits(Tensor x) {
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      return scope.keep(forward(x, new Operation.Pullback[steps.size()]).to(DType.FLOAT32));
    }
  }

  /** Those of images alone, where some first layers look at neighbourhoods only. */
  @Override
  public Optional<PatchLogits> patches() {
    return levels.isEmpty() ? Optional.empty() : Optional.of(new PatchedPlan(this, levels));
  }

  private Tensor forward(Tensor x, Operation.Pullback[] pullbacks) {
    return forward(0, laidOut(x), pullbacks);
  }

  /** The input {@code [N, ...]} as the first step takes it. */
  Tensor laidOut(Tensor x) {
    Tensor in = x.detach().to(type); // [N, ...]
    return in.rank() == 4 ? in.channelsLast() : in;
  }

  /** Logits {@code [N, K]} in float32, given the value of a slot that no step goes round. */
  Tensor logitsFrom(int slot, Tensor value) {
    return forward(slot, value, new Operation.Pullback[steps.size()]).to(DType.FLOAT32);
  }

  private Tensor forward(int slot, Tensor value, Operation.Pullback[] pullbacks) {
    @Nullable Tensor[] values = new Tensor[steps.size() + 1];
    values[slot] = value;
    for (int i = slot; i < steps.size(); i++) {
      List<Tensor> inputs = new ArrayList<>();
      for (int from : steps.get(i).inputs()) {
        inputs.add(Objects.requireNonNull(values[from]));
      }
      Operation.Result result = steps.get(i).operation().run(inputs, value.size(0));
      values[i + 1] = result.value();
      pullbacks[i] = result.pullback();
    }
    return Objects.requireNonNull(values[steps.size()]);
  }

  private Tensor backward(Tensor top, Operation.Pullback[] pullbacks, Tensor x) {
    @Nullable Gradient[] gradients = new Gradient[pullbacks.length + 1];
    gradients[steps.size()] = new Gradient(top, false);
    for (int i = steps.size() - 1; i >= 0; i--) {
      Gradient gradient = gradients[i + 1];
      if (gradient != null && followsInput[i + 1]) {
        spread(pullbacks[i].apply(gradient), steps.get(i).inputs(), gradients);
        gradients[i + 1] = null;
      }
    }
    Gradient bottom = gradients[0];
    return bottom == null
        ? io.holdfast.tensor.Tensors.zerosLike(x)
        : bottom.tensor().to(DType.FLOAT32).contiguous();
  }

  private void spread(List<Gradient> parts, List<Integer> inputs, @Nullable Gradient[] gradients) {
    for (int k = 0; k < inputs.size(); k++) {
      int slot = inputs.get(k);
      if (followsInput[slot]) {
        Gradient before = gradients[slot];
        gradients[slot] = before == null ? parts.get(k) : before.plus(parts.get(k));
      }
    }
  }

  /** Frees the weights; no thread may be computing. */
  @Override
  public void close() {
    owner.close();
  }
}
