package io.holdfast.train;

import io.holdfast.model.graph.Network;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Layers that are trained at a part of the learning rate.
 *
 * @param layers names of nodes
 * @param factor of their learning rate, in (0, 1]
 */
public record Slowed(List<String> layers, double factor) {
  public Slowed {
    layers = List.copyOf(layers);
    if (!(factor > 0 && factor <= 1)) {
      throw new IllegalArgumentException("factor: in (0, 1], found " + factor);
    }
  }

  /**
   * An optimiser that takes the steps of another one, shortened in these layers.
   *
   * @param inner closed with the result
   * @param network whose trainable weights it changes
   */
  Optimiser over(Optimiser inner, Network network) {
    List<String> owners = network.trainable().stream().map(p -> p.node().name()).toList();
    Set<Integer> slow =
        IntStream.range(0, owners.size())
            .filter(i -> layers.contains(owners.get(i)))
            .boxed()
            .collect(Collectors.toUnmodifiableSet());
    return new SlowedOptimiser(inner, slow, factor);
  }
}
