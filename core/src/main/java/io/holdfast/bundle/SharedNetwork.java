package io.holdfast.bundle;

import io.holdfast.model.graph.Network;
import java.util.concurrent.atomic.AtomicInteger;

/** A network with several users; the last one that lets go of it closes it. */
final class SharedNetwork {
  private final Network network;
  private final AtomicInteger users = new AtomicInteger(1);

  /** With one user, who made it. */
  SharedNetwork(Network network) {
    this.network = network;
  }

  Network network() {
    return network;
  }

  /** One more user. */
  SharedNetwork share() {
    users.updateAndGet(
        n -> {
          if (n == 0) {
            throw new IllegalStateException("the network is closed");
          }
          return n + 1;
        });
    return this;
  }

  /** One user fewer; each calls it once. */
  void release() {
    if (users.decrementAndGet() == 0) {
      network.close();
    }
  }
}
