package io.holdfast.train;

import io.holdfast.model.graph.Network;
import io.holdfast.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The expert for clean inputs of a {@link Generalist}, or the network that an objective trains
 * beside: weights of the same beginning, with an optimiser of their own.
 *
 * @param network its weights
 * @param trainable those of them that are trained, in the order of the network that it is a copy of
 * @param optimiser which changes them
 */
record NetworkBeside(Network network, List<Tensor> trainable, Optimiser optimiser)
    implements AutoCloseable {
  /** A copy of a network before its first step. */
  static NetworkBeside of(Network start, Optimiser.Config config, @Nullable Slowed slowed) {
    Network network = start.copy();
    List<Tensor> trainable = start.trainable().stream().map(p -> network.weight(p.name())).toList();
    Optimiser plain = config.create(network, start.trainable());
    return new NetworkBeside(
        network, trainable, slowed == null ? plain : slowed.over(plain, start));
  }

  @Override
  public void close() {
    optimiser.close();
    network.close();
  }
}
