package io.holdfast.model.plan;

import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Constant;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Gelu;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MatMul;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Reshape;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.model.graph.layer.Sigmoid;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Softmax;
import io.holdfast.model.graph.layer.Softplus;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.model.graph.layer.Transpose;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.Kernels;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * The table from layer type to operation. A network with a layer that has no row here goes over the
 * tape.
 */
final class PlanRules {
  /** Makes the operation of a layer. */
  interface Rule<L extends Layer> {
    Operation compile(L layer, Item item, Store store);
  }

  private static final Map<Class<? extends Layer>, Rule<?>> RULES = new LinkedHashMap<>();

  static {
    row(Conv2d.class, Convolutions::compile);
    row(Linear.class, Products::linear);
    row(MatMul.class, (l, item, store) -> Products::matmul);
    row(SelfAttention.class, Attentions::compile);
    row(BatchNorm.class, Norms::batchNorm);
    row(GroupNorm.class, Norms::groupNorm);
    row(LayerNorm.class, Norms::layerNorm);
    row(Normalise.class, Norms::normalise);
    row(Relu.class, PlanRules::relu);
    row(
        LeakyRelu.class,
        (l, item, store) ->
            fromInput(
                x -> Nn.leakyRelu(x, l.slope()),
                (g, x) -> Kernels.leakyReluBackward(g, x, l.slope())));
    row(Silu.class, (l, item, store) -> fromInput(Nn::silu, Kernels::siluBackward));
    row(Gelu.class, (l, item, store) -> fromInput(Nn::gelu, Kernels::geluBackward));
    row(Softplus.class, (l, item, store) -> fromInput(Nn::softplus, Kernels::softplusBackward));
    row(Sigmoid.class, (l, item, store) -> fromOutput(Nn::sigmoid, Kernels::sigmoidBackward));
    row(Tanh.class, (l, item, store) -> fromOutput(Nn::tanh, Kernels::tanhBackward));
    row(Softmax.class, PlanRules::softmax);
    row(MaxPool2d.class, Pools::max);
    row(AvgPool2d.class, Pools::average);
    row(AdaptiveAvgPool2d.class, Pools::adaptiveAverage);
    row(AdaptiveMaxPool2d.class, Pools::adaptiveMax);
    row(Add.class, (l, item, store) -> Views::add);
    row(Concat.class, Views::concat);
    row(Slice.class, Views::slice);
    row(Transpose.class, Views::transpose);
    row(Constant.class, Views::constant);
    row(Flatten.class, Views::flatten);
    row(Reshape.class, (l, item, store) -> Views.reshape(item));
    row(Upsample.class, Pools::upsample);
  }

  private PlanRules() {}

  private static <L extends Layer> void row(Class<L> type, Rule<L> rule) {
    RULES.put(type, rule);
  }

  static boolean supports(Item item) {
    return RULES.containsKey(item.layer().getClass());
  }

  @SuppressWarnings("unchecked") // row() ties the rule's type to its key
  static Operation compile(Item item, Store store) {
    Rule<Layer> rule = (Rule<Layer>) RULES.get(item.layer().getClass());
    if (rule == null) {
      throw new IllegalArgumentException("no rule for " + item.layer().type());
    }
    return rule.compile(item.layer(), item, store);
  }

  /** An operation of one input whose derivative reads that input. */
  private static Operation fromInput(UnaryOperator<Tensor> value, BinaryOperator<Tensor> back) {
    return (inputs, batch) -> {
      Tensor x = inputs.get(0);
      return new Operation.Result(value.apply(x), Gradient.making(g -> back.apply(g, x)));
    };
  }

  /** An operation of one input whose derivative reads its result. */
  private static Operation fromOutput(UnaryOperator<Tensor> value, BinaryOperator<Tensor> back) {
    return (inputs, batch) -> {
      Tensor y = value.apply(inputs.get(0));
      return new Operation.Result(y, Gradient.making(g -> back.apply(g, y)));
    };
  }

  private static Operation relu(Relu layer, Item item, Store store) {
    boolean inPlace = item.has(Item.Hint.IN_PLACE);
    return (inputs, batch) -> {
      Tensor x = inputs.get(0);
      Tensor y = inPlace ? Kernels.reluInPlace(x) : Kernels.relu(x);
      return new Operation.Result(
          y,
          g ->
              List.of(
                  Gradient.fresh(
                      g.owned()
                          ? Kernels.reluBackwardInPlace(g.tensor(), y)
                          : Kernels.reluBackward(g.tensor(), y))));
    };
  }

  private static Operation softmax(Softmax layer, Item item, Store store) {
    int dim = Shape.batchDim(layer.dim());
    return fromOutput(
        x -> Nn.softmax(x, dim),
        (g, y) -> {
          Tensor weighted = g.mul(y);
          return weighted.sub(y.mul(weighted.sumKeep(dim)));
        });
  }
}
