package io.holdfast.train;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Tensor;

/**
 * The exponential moving average of a network's weights: after step n (from 0) {@code a = d * a +
 * (1 - d) * w} with {@code d = min(decay, (1 + n) / (10 + n))}, so that the start is soon
 * forgotten. Running statistics of batch norms are taken over as they are, since they average over
 * steps already.
 */
final class WeightAverage implements AutoCloseable {
  private final double decay;
  private final Network network;

  WeightAverage(Network start, double decay) {
    this.decay = decay;
    network = start.copy();
  }

  /** The network with the averaged weights. */
  Network network() {
    return network;
  }

  /** Moves the average towards the weights after a step, counted from 0. */
  void update(Network source, long step) {
    double d = decay(step);
    for (Graph.Parameter p : source.graph().parameters()) {
      Tensor to = network.weight(p.name());
      Tensor from = source.weight(p.name());
      boolean averaged = p.spec().kind().learned() && !source.frozen().contains(p.node().name());
      if (averaged) {
        to.mulInPlace(d).addInPlace(from, 1 - d);
      } else {
        to.copyFrom(from);
      }
    }
  }

  /**
   * Moves the average towards {@code share * one + (1 - share) * other} after a step, counted from
   * 0. Running statistics of batch norms are so much of one's and of the other's.
   */
  void update(Network one, Network other, double share, long step) {
    for (Graph.Parameter p : one.graph().parameters()) {
      Tensor to = network.weight(p.name());
      if (one.frozen().contains(p.node().name())) {
        to.copyFrom(one.weight(p.name()));
      } else {
        double d = p.spec().kind().learned() ? decay(step) : 0;
        to.mulInPlace(d)
            .addInPlace(one.weight(p.name()), (1 - d) * share)
            .addInPlace(other.weight(p.name()), (1 - d) * (1 - share));
      }
    }
  }

  private double decay(long step) {
    return Math.min(decay, (1.0 + step) / (10.0 + step));
  }

  @Override
  public void close() {
    network.close();
  }
}
