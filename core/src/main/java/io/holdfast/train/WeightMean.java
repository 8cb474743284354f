package io.holdfast.train;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Tensor;

/** The plain mean of a network's weights at several moments; see {@link Swa}. */
final class WeightMean implements AutoCloseable {
  private final Network network;

  WeightMean(Network start) {
    network = start.copy();
  }

  /** The network with the mean of the weights. */
  Network network() {
    return network;
  }

  /**
   * Takes in the weights of one more moment. What is not learned is taken over as it is.
   *
   * @param before how many moments there were before
   */
  void add(Network source, long before) {
    for (Graph.Parameter p : source.graph().parameters()) {
      Tensor to = network.weight(p.name());
      Tensor from = source.weight(p.name());
      boolean averaged = p.spec().kind().learned() && !source.frozen().contains(p.node().name());
      if (averaged && before > 0) {
        to.mulInPlace((double) before / (before + 1)).addInPlace(from, 1.0 / (before + 1));
      } else {
        to.copyFrom(from);
      }
    }
  }

  @Override
  public void close() {
    network.close();
  }
}
