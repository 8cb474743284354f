package io.holdfast.model.plan;

import io.holdfast.model.Patches;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some layers from one convolution to the next that look at neighbourhoods, so that a change of
 * their input in a patch changes their output in a patch.
 *
 * @param operations in order, each of the one before
 * @param slot of the plan that holds the output
 * @param reach of one output pixel
 * @param out size of the whole output
 */
record Level(List<Operation> operations, int slot, Reach reach, Size out) {
  /** Patches larger than this part of the output are not worth it. */
  private static final double LARGE = 0.6;

  /** The first layers of a plan as far as they look at neighbourhoods and nothing goes round. */
  static List<Level> of(List<Item> items, List<Plan.Step> steps) {
    List<Level> levels = new ArrayList<>();
    int from = 0;
    int end = straight(items, steps);
    for (int i = 1; i <= end; i++) {
      if (i == end || items.get(i).layer() instanceof Conv2d) {
        levels.add(level(items, steps, from, i));
        from = i;
      }
    }
    return levels;
  }

  /** How many steps read nothing but the one before, and are read by nothing but the next. */
  private static int straight(List<Item> items, List<Plan.Step> steps) {
    int end = 0;
    while (end < steps.size()
        && items.get(end).in().rank() == 3
        && steps.get(end).inputs().equals(List.of(end))
        && Reach.of(items.get(end).layer()) != null) {
      end++;
    }
    int first = steps.size(); // the first slot that a later step reads
    for (Plan.Step step : steps.subList(end, steps.size())) {
      first = Math.min(first, step.inputs().stream().min(Integer::compare).orElse(first));
    }
    return Math.min(end, first);
  }

  private static Level level(List<Item> items, List<Plan.Step> steps, int from, int to) {
    @Nullable Reach reach = null;
    for (Item item : items.subList(from, to)) {
      Reach own = Reach.of(item.layer());
      reach = reach == null || own == null ? own : reach.then(own);
    }
    if (reach == null) {
      throw new IllegalArgumentException("a level without layers");
    }
    Shape shape = items.get(to - 1).out(); // [C, H, W]
    Size out = new Size((int) shape.size(1), (int) shape.size(2));
    List<Operation> operations =
        steps.subList(from, to).stream().map(Plan.Step::operation).toList();
    return new Level(operations, to, reach, out);
  }

  /** The output {@code [n, C, h, w]} for an input, or for patches of one. */
  Tensor run(Tensor in) {
    Tensor value = in; // [n, C, h, w]
    for (Operation operation : operations) {
      value = operation.run(List.of(value), in.size(0)).value();
    }
    return value.channelsLast();
  }

  /** The patches of the output that change with patches of the input. */
  Patches changed(Patches in) {
    int height = most(in.height(), reach.window().height(), reach.stride().height(), out.height());
    int width = most(in.width(), reach.window().width(), reach.stride().width(), out.width());
    return new Patches(
        first(in.rows(), reach.window().height(), reach.stride().height(), out.height() - height),
        first(in.columns(), reach.window().width(), reach.stride().width(), out.width() - width),
        height,
        width);
  }

  /** The patches of the input that patches of the output see. */
  Patches seen(Patches changed) {
    int down = reach.stride().height();
    int across = reach.stride().width();
    return new Patches(
        times(changed.rows(), down),
        times(changed.columns(), across),
        (changed.height() - 1) * down + reach.window().height(),
        (changed.width() - 1) * across + reach.window().width());
  }

  boolean pays(Patches changed) {
    double part = (double) changed.height() * changed.width();
    return part <= LARGE * out.height() * out.width();
  }

  /** The most output pixels that a run of {@code size} input pixels may change. */
  private static int most(int size, int window, int stride, int all) {
    return Math.min(all, (size + window - 2) / stride + 1);
  }

  /** The first output pixel that sees each input pixel, at most {@code last}. */
  private static int[] first(int[] in, int window, int stride, int last) {
    int[] first = new int[in.length];
    for (int i = 0; i < first.length; i++) {
      int seeing = Math.floorDiv(in[i] - window + stride, stride); // ceil((in - window + 1) / s)
      first[i] = Math.min(last, Math.max(0, seeing));
    }
    return first;
  }

  private static int[] times(int[] values, int factor) {
    int[] products = new int[values.length];
    for (int i = 0; i < products.length; i++) {
      products[i] = values[i] * factor;
    }
    return products;
  }
}
