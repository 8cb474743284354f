package io.holdfast.model.plan;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Graph.Node;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MatMul;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.plan.Item.Hint;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a network in order, and the rewriting that makes them cheaper in evaluation mode.
 * Each rewriting keeps the function; values differ by rounding only.
 */
final class Draft {
  /** Layers whose results are new tensors that their own derivative never reads. */
  private static final Set<Class<? extends Layer>> FORGETS_RESULT =
      Set.of(
          Conv2d.class,
          Linear.class,
          BatchNorm.class,
          GroupNorm.class,
          LayerNorm.class,
          MaxPool2d.class,
          AvgPool2d.class,
          Add.class,
          MatMul.class);

  private final List<Item> items = new ArrayList<>();
  private final String input;
  private String output;

  private Draft(String input, String output) {
    this.input = input;
    this.output = output;
  }

  /** The layers that the graph's first output depends on, rewritten. */
  static Draft of(Graph graph, Map<String, Tensor> weights) {
    Draft draft = new Draft(graph.inputs().get(0).name(), graph.outputs().get(0));
    Set<String> needed = new HashSet<>(Set.of(draft.output));
    for (int i = graph.nodes().size() - 1; i >= 0; i--) {
      Node node = graph.nodes().get(i);
      if (needed.contains(node.name())) {
        needed.addAll(node.inputs());
        draft.items.add(0, item(graph, node, weights));
      }
    }
    draft.dropIdentities();
    draft.foldInto();
    draft.poolBeforeRelu();
    draft.hint();
    return draft;
  }

  private static Item item(Graph graph, Node node, Map<String, Tensor> weights) {
    Map<String, Tensor> own = new HashMap<>();
    String prefix = node.name() + ".";
    weights.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            own.put(name.substring(prefix.length()), tensor);
          }
        });
    List<Shape> shapes = new ArrayList<>();
    graph.inputTypes(node).stream().map(TensorType::shape).forEach(shapes::add);
    shapes.add(graph.type(node.name()).shape());
    return new Item(node.name(), node.layer(), node.inputs(), own, shapes, Set.of());
  }

  /** The layers, each after those it reads; the last gives the output. */
  List<Item> items() {
    return items;
  }

  String input() {
    return input;
  }

  // ---- who reads what

  private List<Item> readers(String name) {
    return items.stream().filter(i -> i.inputs().contains(name)).toList();
  }

  /** The only reader of a value, if it reads it once and nobody else does. */
  private @Nullable Item soleReader(String name) {
    List<Item> readers = readers(name);
    boolean sole = readers.size() == 1 && !name.equals(output);
    return sole && readers.get(0).inputs().stream().filter(name::equals).count() == 1
        ? readers.get(0)
        : null;
  }

  private @Nullable Item producer(String name) {
    return items.stream().filter(i -> i.name().equals(name)).findFirst().orElse(null);
  }

  // ---- rewriting

  /** Dropout is the identity in evaluation mode. */
  private void dropIdentities() {
    int at = 0;
    while (at < items.size()) {
      Item item = items.get(at);
      if (item.layer() instanceof Dropout) {
        items.remove(at);
        String from = item.inputs().get(0);
        items.replaceAll(i -> redirected(i, item.name(), from));
        output = output.equals(item.name()) ? from : output;
      } else {
        at++;
      }
    }
  }

  private static Item redirected(Item i, String old, String by) {
    List<String> inputs = i.inputs().stream().map(n -> n.equals(old) ? by : n).toList();
    return new Item(i.name(), i.layer(), inputs, i.weights(), i.shapes(), i.hints());
  }

  /** Normalisations by fixed numbers become part of the weights beside them. */
  private void foldInto() {
    for (Item item : List.copyOf(items)) {
      Item next = soleReader(item.name());
      if (next == null || !items.contains(item)) {
        continue;
      }
      Item joined =
          next.layer() instanceof BatchNorm norm
              ? Folding.batchNorm(item, next, norm)
              : item.layer() instanceof Normalise norm ? Folding.normalise(item, norm, next) : null;
      if (joined != null) {
        items.set(items.indexOf(next), joined);
        items.remove(item);
      }
    }
  }

  /**
   * The largest of rectified values is the rectified largest value, on fewer elements; unless the
   * pool is one that gains more from knowing that no value is below 0.
   */
  private void poolBeforeRelu() {
    for (Item relu : List.copyOf(items)) {
      Item pool = soleReader(relu.name());
      if (relu.layer() instanceof Relu
          && pool != null
          && pool.layer() instanceof MaxPool2d max
          && !Pools.likesRectified(max)) {
        List<Shape> small = List.of(pool.out(), pool.out());
        items.set(
            items.indexOf(relu),
            new Item(relu.name(), pool.layer(), relu.inputs(), Map.of(), pool.shapes(), Set.of()));
        items.set(
            items.indexOf(pool),
            new Item(pool.name(), relu.layer(), pool.inputs(), Map.of(), small, Set.of()));
      }
    }
  }

  private void hint() {
    for (Item item : List.copyOf(items)) {
      if (item.layer() instanceof Relu && mayOverwrite(item.inputs().get(0))) {
        items.set(items.indexOf(item), item.with(Hint.IN_PLACE));
      } else if (item.layer() instanceof Conv2d && item.inputs().get(0).equals(input)) {
        items.set(items.indexOf(item), item.with(Hint.FIRST));
      } else if (item.layer() instanceof MaxPool2d && isRectified(item.inputs().get(0))) {
        items.set(items.indexOf(item), item.with(Hint.NOT_NEGATIVE));
      } else if (isReorderable(item)) {
        List<Item> readers = readers(item.name());
        items.set(items.indexOf(item), item.with(Hint.CHANNELS_LAST));
        readers.forEach(r -> items.set(items.indexOf(r), reordered(r, item.in())));
      }
    }
  }

  /** A linear layer that takes the images of this shape as they lie in memory. */
  private static Item reordered(Item linear, Shape image) {
    List<Shape> shapes = List.of(image, linear.out());
    return new Item(
            linear.name(),
            linear.layer(),
            linear.inputs(),
            linear.weights(),
            shapes,
            linear.hints())
        .with(Hint.CHANNELS_LAST);
  }

  private boolean isRectified(String name) {
    Item from = producer(name);
    return from != null && from.layer() instanceof Relu;
  }

  private boolean mayOverwrite(String name) {
    Item from = producer(name);
    return from != null
        && soleReader(name) != null
        && FORGETS_RESULT.contains(from.layer().getClass());
  }

  /** Flattened images that only linear layers read: their weights change order instead. */
  private boolean isReorderable(Item item) {
    return item.layer() instanceof Flatten
        && item.in().rank() == 3
        && item.out().rank() == 1
        && !item.name().equals(output)
        && readers(item.name()).stream().allMatch(r -> r.layer() instanceof Linear);
  }
}
