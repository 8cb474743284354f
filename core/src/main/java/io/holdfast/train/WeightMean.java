package io.holdfast.train;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Tensor;

/** The plain mean of a network's weights at several moments; see {@link Swa}. */
final class WeightMean implements AutoCloseable {
  private final Network network;

  /**
   * Where a run stands with its mean.
   *
   * @param count moments that are in it
   * @param latest step after which the last one was, 0 before the first
   * @param measured step at which its batch norms got their statistics last, 0 for never
   */
  record State(long count, long latest, long measured) {
    static final State START = new State(0, 0, 0);

    State added(long step) {
      return new State(count + 1, step, 0);
    }

    /** Whether there is a mean whose batch norms have older statistics than those of a step. */
    boolean isUnmeasured(long step) {
      return count > 0 && measured != step;
    }

    State measured(long step) {
      return new State(count, latest, step);
    }
  }

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
