package io.holdfast.verify.bound;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Graph.Node;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Reshape;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Transpose;
import io.holdfast.model.graph.layer.Upsample;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.WithGrad;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One backward pass of linear relaxations over interval bounds, CROWN-IBP (Zhang et al. 2020,
 * section 3.2): the difference of two logits is bounded by a linear function of each layer's value
 * in turn, back to the input. Affine layers are exact, ReLU is relaxed by the lines of Zhang et al.
 * 2018 (CROWN, adaptive lower slope), every other layer by its own interval. On the tape wherever
 * the parameters are, and rounded to nearest, as {@link IntervalBounds} are. Shapes: N samples, K
 * classes, each sample with K differences, so that coefficients are {@code [N K, ...]}.
 */
final class LinearBounds {
  private static final Set<Class<? extends Layer>> AFFINE =
      Set.of(
          Linear.class,
          Conv2d.class,
          BatchNorm.class,
          Normalise.class,
          AvgPool2d.class,
          AdaptiveAvgPool2d.class,
          Upsample.class,
          Add.class,
          Concat.class,
          Flatten.class,
          Reshape.class,
          Slice.class,
          Transpose.class,
          Dropout.class);

  private final IntervalBounds intervals;
  private final Map<String, Bounds> boxes; // of [N, ...]
  private final long classes;
  private final Map<String, Tensor> coefficients = new HashMap<>(); // of [N K, ...]
  private Tensor constant; // [N K]

  private LinearBounds(IntervalBounds intervals, Map<String, Bounds> boxes, Tensor start) {
    this.intervals = intervals;
    this.boxes = boxes;
    classes = start.size(1);
    String last = intervals.graph().outputs().get(0);
    coefficients.put(last, start.reshape(-1, classes));
    constant = Tensors.zeros(start.type(), start.size(0) * classes).to(start.device());
  }

  /**
   * Upper bounds {@code [N, K]} of {@code z_k - z_y} over a box of inputs, 0 at the label.
   *
   * @param boxes of every node and of the input
   * @param labels {@code [N]}, int64
   */
  static Tensor margins(IntervalBounds intervals, Map<String, Bounds> boxes, Tensor labels) {
    Graph graph = intervals.graph();
    Tensor like = found(boxes, graph.outputs().get(0)).lower().detach(); // [N, K]
    long k = like.size(1);
    Tensor own = Nn.oneHot(labels, k).to(like.type()).unsqueeze(1); // [N, 1, K]
    long[] all = Tensors.range(k).toLongs();
    Tensor each = Nn.oneHot(Tensors.of(all, k).to(like.device()), k).to(like.type()); // [K, K]
    Tensor start = each.unsqueeze(0).sub(own); // [N, K, K]
    LinearBounds bounds = new LinearBounds(intervals, boxes, start);
    List<Node> nodes = graph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Tensor a = bounds.coefficients.remove(nodes.get(i).name());
      if (a != null) {
        bounds.through(nodes.get(i), a);
      }
    }
    return bounds.concrete(graph.inputs().get(0).name()).view(-1, k);
  }

  private static Bounds found(Map<String, Bounds> boxes, String name) {
    Bounds box = boxes.get(name);
    if (box == null) {
      throw new AssertionError("every node has a box: " + name);
    }
    return box;
  }

  /** From coefficients of a node's value to coefficients of its inputs. */
  private void through(Node node, Tensor a) {
    if (AFFINE.contains(node.layer().getClass())) {
      affine(node, a);
    } else if (node.layer() instanceof Relu) {
      relu(node, a);
    } else {
      constant = constant.add(highest(a, found(boxes, node.name())));
    }
  }

  /** The adjoint of the linear part by the tape; the layer's value at 0 is its constant. */
  private void affine(Node node, Tensor a) {
    List<Tensor> zeros = new ArrayList<>();
    for (String input : node.inputs()) {
      Tensor box = found(boxes, input).lower().detach(); // [N, ...]
      zeros.add(Tensors.zerosLike(box.slice(0, 0, 1)).expand(shape(box, a.size(0))).clone());
    }
    List<Tensor> leaves = zeros.stream().map(Tensor::asLeaf).toList(); // of [N K, ...]
    try (WithGrad on = WithGrad.on()) {
      Tensor value = intervals.affine(node, leaves); // [N K, ...]
      constant = constant.add(dot(a, value));
      List<Tensor> back = Autograd.vjp(value, leaves, a, true);
      for (int i = 0; i < back.size(); i++) {
        add(node.inputs().get(i), back.get(i));
      }
    }
  }

  private static long[] shape(Tensor box, long rows) {
    long[] shape = box.shape();
    shape[0] = rows;
    return shape;
  }

  /** Where it may be either side of 0, between a line from 0 and the chord. */
  private void relu(Node node, Tensor a) {
    Bounds x = found(boxes, node.inputs().get(0)); // [N, ...]
    Tensor low = x.lower().clampMax(0); // [N, ...]
    Tensor high = x.upper().clampMin(0);
    Tensor wide = high.sub(low);
    Tensor width = Tensors.where(wide.gt(0), wide, Tensors.zerosLike(wide).add(1)); // 0 / 1
    Tensor chord = high.div(width); // slope above: 0 where always off, 1 where always on
    Tensor lift = chord.mul(low).neg(); // intercept above
    Tensor flat = high.gt(low.neg()).to(chord.type()); // slope below: 1 or 0, whichever is closer
    Tensor up = a.clampMin(0); // [N K, ...]
    Tensor down = a.clampMax(0);
    constant = constant.add(dot(up, repeated(lift)));
    add(node.inputs().get(0), up.mul(repeated(chord)).add(down.mul(repeated(flat))));
  }

  private void add(String name, Tensor a) {
    Tensor before = coefficients.get(name);
    coefficients.put(name, before == null ? a : before.add(a));
  }

  /** The highest value over the input's box, {@code [N K]}. */
  private Tensor concrete(String input) {
    @Nullable Tensor a = coefficients.get(input);
    return a == null ? constant : constant.add(highest(a, found(boxes, input)));
  }

  /** The highest value of {@code a . x} over a box of x, {@code [N K]}. */
  private Tensor highest(Tensor a, Bounds box) {
    return dot(a, repeated(box.centre())).add(dot(a.abs(), repeated(box.radius())));
  }

  /** Each sample K times, {@code [N K, ...]}. */
  private Tensor repeated(Tensor t) {
    long[] shape = t.shape();
    long[] wide = new long[shape.length + 1];
    System.arraycopy(shape, 1, wide, 2, shape.length - 1);
    wide[0] = shape[0];
    wide[1] = classes;
    return t.unsqueeze(1).expand(wide).reshape(shape(t, shape[0] * classes));
  }

  /** The sum of products of each row, {@code [N K]}. */
  private static Tensor dot(Tensor a, Tensor b) {
    return a.reshape(a.size(0), -1).mul(b.reshape(b.size(0), -1)).sum(1);
  }
}
