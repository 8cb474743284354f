package io.holdfast.verify.bound;

import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Gelu;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Reshape;
import io.holdfast.model.graph.layer.Sigmoid;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Softplus;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.model.graph.layer.Transpose;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The interval rule of each layer type: what comes out of a box fits into the box it gives. */
final class IntervalRules {
  /** A rule. */
  interface Rule<L extends Layer> {
    Bounds apply(L layer, BoundStep step);
  }

  private static final Map<Class<? extends Layer>, Rule<?>> RULES = new LinkedHashMap<>();

  /** Where SiLU is lowest, and a value just below its lowest one. */
  private static final double[] SILU = {-1.278464542761074, -0.27846455};

  /** Where GELU is lowest, and a value just below its lowest one. */
  private static final double[] GELU = {-0.7517915246935645, -0.16997121};

  static {
    row(Linear.class, IntervalRules::linear);
    row(Conv2d.class, IntervalRules::conv);
    row(BatchNorm.class, IntervalRules::batchNorm);
    row(Normalise.class, IntervalRules::normalise);
    row(Relu.class, (l, s) -> s.x().map(Nn::relu));
    row(LeakyRelu.class, (l, s) -> s.x().map(t -> Nn.leakyRelu(t, l.slope())));
    row(Softplus.class, (l, s) -> s.x().map(Nn::softplus));
    row(Sigmoid.class, (l, s) -> s.x().map(Nn::sigmoid));
    row(Tanh.class, (l, s) -> s.x().map(Nn::tanh));
    row(Silu.class, (l, s) -> valley(s.x(), Nn::silu, SILU));
    row(Gelu.class, (l, s) -> valley(s.x(), Nn::gelu, GELU));
    row(
        MaxPool2d.class,
        (l, s) ->
            s.x()
                .map(
                    t ->
                        Nn.maxPool2d(
                            t, l.kernel().toArray(), l.stride().toArray(), l.padding().toArray())));
    row(
        AvgPool2d.class,
        (l, s) ->
            s.x()
                .map(
                    t ->
                        Nn.avgPool2d(
                            t, l.kernel().toArray(), l.stride().toArray(), l.padding().toArray())));
    row(
        AdaptiveAvgPool2d.class,
        (l, s) -> s.x().map(t -> Nn.adaptiveAvgPool2d(t, l.size().height(), l.size().width())));
    row(
        AdaptiveMaxPool2d.class,
        (l, s) -> s.x().map(t -> Nn.adaptiveMaxPool2d(t, l.size().height(), l.size().width())));
    row(Upsample.class, (l, s) -> s.x().map(t -> upsample(l, t)));
    row(Add.class, (l, s) -> joined(s, all -> all.stream().reduce(Tensor::add).orElseThrow()));
    row(Concat.class, (l, s) -> joined(s, all -> Tensors.cat(all, Shape.batchDim(l.dim()))));
    row(Flatten.class, (l, s) -> s.x().map(t -> t.flatten(l.from() + 1, -1)));
    row(Reshape.class, (l, s) -> s.x().map(t -> t.reshape(l.shape().batched(s.batch()))));
    row(
        Slice.class,
        (l, s) -> s.x().map(t -> t.slice(Shape.batchDim(l.dim()), l.from(), l.to(), l.step())));
    row(
        Transpose.class,
        (l, s) ->
            s.x().map(t -> t.transpose(Shape.batchDim(l.first()), Shape.batchDim(l.second()))));
    row(Dropout.class, (l, s) -> s.x());
  }

  private IntervalRules() {}

  private static <L extends Layer> void row(Class<L> type, Rule<L> rule) {
    RULES.put(type, rule);
  }

  /** The layer types that have a rule. */
  static Set<Class<? extends Layer>> supported() {
    return Set.copyOf(RULES.keySet());
  }

  @SuppressWarnings("unchecked") // row() ties the rule's type to its key
  static Bounds apply(BoundStep step) {
    Layer layer = step.node().layer();
    Rule<Layer> rule = (Rule<Layer>) RULES.get(layer.getClass());
    if (rule == null) {
      throw new IllegalArgumentException("no interval rule for " + layer.type());
    }
    return rule.apply(layer, step);
  }

  /** The centre goes through the layer, the radius through the weights' absolute values. */
  private static Bounds linear(Linear l, BoundStep s) {
    Tensor weight = s.parameter("weight"); // [O, F]
    return Bounds.around(
        Nn.linear(s.x().centre(), weight, s.parameterOrNull("bias")),
        Nn.linear(s.x().radius(), weight.abs(), null));
  }

  private static Bounds conv(Conv2d l, BoundStep s) {
    Tensor weight = s.parameter("weight"); // [O, C/groups, kh, kw]
    return Bounds.around(
        conv(l, s.x().centre(), weight, s.parameterOrNull("bias")),
        conv(l, s.x().radius(), weight.abs(), null));
  }

  private static Tensor conv(Conv2d l, Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Nn.conv2d(
        x,
        weight,
        bias,
        l.stride().toArray(),
        l.padding().toArray(),
        l.dilation().toArray(),
        l.groups());
  }

  /** By the statistics of the step, which are the same for every input of the box. */
  private static Bounds batchNorm(BatchNorm l, BoundStep s) {
    BatchStatistics seen = s.statistics().get(s.node().name());
    Tensor mean = seen == null ? s.parameter("running_mean") : seen.mean(); // [C]
    Tensor variance = seen == null ? s.parameter("running_var") : seen.variance(); // [C]
    Tensor scale = s.parameter("weight").div(variance.add(l.eps()).sqrt()); // [C]
    Tensor centre = s.x().centre(); // [N, C, ...]
    Tensor shift = s.parameter("bias").sub(mean.mul(scale)); // [C]
    return Bounds.around(
        centre.mul(channels(scale, centre)).add(channels(shift, centre)),
        s.x().radius().mul(channels(scale.abs(), centre)));
  }

  private static Bounds normalise(Normalise l, BoundStep s) {
    Tensor x = s.x().lower(); // [N, C, ...]
    Tensor mean = channels(of(l.mean(), x), x);
    Tensor deviation = channels(of(l.deviation(), x), x);
    return s.x().map(t -> t.sub(mean).div(deviation));
  }

  private static Tensor of(List<Double> values, Tensor like) {
    double[] all = values.stream().mapToDouble(v -> v).toArray();
    return Tensors.of(all, all.length).to(like.type()).to(like.device());
  }

  /** {@code [C, 1, ...]}, to broadcast against {@code x [N, C, ...]}. */
  private static Tensor channels(Tensor perChannel, Tensor x) {
    long[] shape = new long[x.rank() - 1];
    Arrays.fill(shape, 1);
    shape[0] = perChannel.size(0);
    return perChannel.view(shape);
  }

  /**
   * A function that falls until {@code lowest[0]} and rises from there, nowhere below the other.
   */
  private static Bounds valley(Bounds x, UnaryOperator<Tensor> f, double[] lowest) {
    Tensor left = f.apply(x.lower());
    Tensor right = f.apply(x.upper());
    Tensor across = x.lower().lt(lowest[0]).and(x.upper().gt(lowest[0]));
    return new Bounds(left.minimum(right).maskedFill(across, lowest[1]), left.maximum(right));
  }

  private static Tensor upsample(Upsample l, Tensor x) {
    long height = x.size(2) * l.factor().height();
    long width = x.size(3) * l.factor().width();
    return switch (l.mode()) {
      case NEAREST -> Nn.upsampleNearest(x, height, width);
      case BILINEAR -> Nn.upsampleBilinear(x, height, width);
    };
  }

  private static Bounds joined(BoundStep s, Function<List<Tensor>, Tensor> join) {
    return new Bounds(
        join.apply(s.inputs().stream().map(Bounds::lower).toList()),
        join.apply(s.inputs().stream().map(Bounds::upper).toList()));
  }
}
