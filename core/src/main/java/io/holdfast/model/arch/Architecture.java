package io.holdfast.model.arch;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;

/**
 * A network's structure with how it is initialised and what its weights are called elsewhere.
 *
 * @param name with the parameters given, such as {@code preact-resnet-18[width=16]}; {@link
 *     Architectures#parse} reads it back
 * @param names from our names of weights to those used in PyTorch
 */
public record Architecture(String name, Graph graph, Initialisation initialisation, NameMap names) {
  /** A network with fresh weights. */
  public Network initialise(Seed seed) {
    return Network.initialise(graph, initialisation, seed);
  }
}
