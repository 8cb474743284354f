package io.holdfast.model.arch;

import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Relu;

/**
 * Residual blocks with pre-activation (He et al. 2016b, figure 4e): norm, ReLU, convolution, norm,
 * ReLU, convolution, plus the shortcut. Where the shape changes, the shortcut is a 1x1 convolution
 * of the activated input, else the input itself.
 */
final class PreactBlocks {
  private final GraphBuilder graph;
  private final double dropout;

  /**
   * Blocks that are added to this graph.
   *
   * @param dropout probability between the convolutions; 0 for none
   */
  PreactBlocks(GraphBuilder graph, double dropout) {
    this.graph = graph;
    this.dropout = dropout;
  }

  /** Adds one block behind what was added last; gives back its name. */
  String add(String name, int inWidth, int width, int stride) {
    String input = graph.last();
    String at = name + ".";
    graph.add(at + "bn1", new BatchNorm(), input);
    String activated = graph.add(at + "relu1", new Relu());
    boolean same = inWidth == width && stride == 1;
    String shortcut = input;
    if (!same) {
      Conv2d project = Conv2d.of(width, 1).stride(stride).withoutBias();
      shortcut = graph.add(at + "shortcut", project, activated);
    }
    graph.add(at + "conv1", Conv2d.of(width, 3).stride(stride).padding(1).withoutBias(), activated);
    graph.add(at + "bn2", new BatchNorm());
    graph.add(at + "relu2", new Relu());
    if (dropout > 0) {
      graph.add(at + "dropout", new Dropout(dropout));
    }
    String residual = graph.add(at + "conv2", Conv2d.of(width, 3).padding(1).withoutBias());
    return graph.add(at + "add", new Add(), residual, shortcut);
  }
}
