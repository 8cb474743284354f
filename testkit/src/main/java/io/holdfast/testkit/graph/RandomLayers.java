package io.holdfast.testkit.graph;

import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Layer;
import io.holdfast.model.graph.TensorType;
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
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.Sigmoid;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Softplus;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.model.graph.layer.Upsample;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Adds random layers that fit to a graph, and knows the shape that they leave. */
final class RandomLayers {
  private static final int LARGEST = 16;

  private final RandomGenerator random;
  private final GraphBuilder graph;
  private int channels;
  private int height;
  private int width;
  private int count;

  RandomLayers(RandomGenerator random, GraphBuilder graph) {
    this.random = random;
    this.graph = graph;
  }

  int pick(int bound) {
    return random.nextInt(bound);
  }

  void input() {
    channels = 1 + pick(4);
    height = 6 + pick(8);
    width = 6 + pick(8);
    graph.input("input", TensorType.floats(channels, height, width));
    if (pick(4) == 0) {
      add(new Normalise(Collections.nCopies(channels, 0.4), Collections.nCopies(channels, 0.3)));
    }
  }

  void addImageLayer() {
    switch (pick(10)) {
      case 0, 1, 2 -> {
        addConv();
        add(activation());
      }
      case 3 -> add(activation());
      case 4 -> add(norm());
      case 5, 6 -> addPool();
      case 7 -> addResidual();
      case 8 -> addConcat();
      default -> addRare();
    }
  }

  private String add(Layer layer) {
    return graph.add(layer.type() + count++, layer);
  }

  private String add(Layer layer, String... from) {
    return graph.add(layer.type() + count++, layer, from);
  }

  private Layer activation() {
    return switch (pick(10)) {
      case 0 -> new LeakyRelu(0.1);
      case 1 -> new Silu();
      case 2 -> new Gelu();
      case 3 -> new Softplus();
      case 4 -> new Sigmoid();
      case 5 -> new Tanh();
      default -> new Relu();
    };
  }

  private Layer norm() {
    return pick(3) > 0 ? new BatchNorm() : new GroupNorm(channels % 2 == 0 ? 2 : 1, 1e-5);
  }

  private void addConv() {
    Size kernel = new Size(1 + pick(Math.min(3, height)), 1 + pick(Math.min(3, width)));
    Size padding = new Size(pick(2), pick(2));
    Size stride = Size.of(height > 4 && width > 4 ? 1 + pick(2) : 1);
    boolean wide = height > 2 * kernel.height() && width > 2 * kernel.width();
    Size dilation = Size.of(wide ? 1 + pick(2) : 1);
    int groups = channels % 2 == 0 && pick(4) == 0 ? 2 : 1;
    int out = 2 * (1 + pick(5));
    add(new Conv2d(out, kernel, stride, padding, dilation, groups, pick(3) > 0));
    channels = out;
    height = slide(height, dilation.height() * (kernel.height() - 1) + 1, stride, padding.height());
    width = slide(width, dilation.width() * (kernel.width() - 1) + 1, stride, padding.width());
  }

  private static int slide(int size, int window, Size stride, int padding) {
    return (size + 2 * padding - window) / stride.height() + 1;
  }

  private void addPool() {
    if (height < 4 || width < 4) {
      add(activation());
      return;
    }
    Size kernel = Size.of(2 + pick(2));
    Size stride = Size.of(1 + pick(kernel.height()));
    Size padding = Size.of(pick(2));
    add(
        pick(3) > 0
            ? new MaxPool2d(kernel, stride, padding)
            : new AvgPool2d(kernel, stride, padding));
    height = slide(height, kernel.height(), stride, padding.height());
    width = slide(width, kernel.width(), stride, padding.width());
  }

  /** A branch that keeps the shape, added to where it began. */
  private void addResidual() {
    String begin = graph.last();
    if (pick(2) == 0) {
      add(norm());
    }
    add(activation());
    String branch = add(Conv2d.of(channels, 3).padding(1));
    add(new Add(), branch, begin);
  }

  private void addConcat() {
    String begin = graph.last();
    int grown = 1 + pick(3);
    String branch = add(Conv2d.of(grown, 3).padding(1));
    add(new Concat(0), begin, branch);
    channels += grown;
  }

  private void addRare() {
    switch (pick(3)) {
      case 0 -> add(new Dropout(0.5));
      case 1 -> {
        if (2 * Math.max(height, width) <= LARGEST) {
          Upsample.Mode mode = pick(2) == 0 ? Upsample.Mode.NEAREST : Upsample.Mode.BILINEAR;
          add(new Upsample(Size.of(2), mode));
          height *= 2;
          width *= 2;
        }
      }
      default -> {
        if (channels > 1) {
          int from = pick(channels - 1);
          add(Slice.of(0, from, channels));
          channels -= from;
        }
      }
    }
  }

  /** From an image to logits. */
  void addHead() {
    int kind = pick(4);
    if (kind == 0) {
      add(new AdaptiveAvgPool2d(Size.of(1)));
    } else if (kind == 1) {
      add(new AdaptiveMaxPool2d(Size.of(Math.min(2, Math.min(height, width)))));
    }
    add(new Flatten());
    for (Layer layer : List.of(Linear.of(4 + pick(12)), activation())) {
      add(layer);
    }
    if (pick(3) == 0) {
      add(pick(2) == 0 ? LayerNorm.last(1e-5) : new BatchNorm());
    }
    add(Linear.of(2 + pick(5)));
  }
}
