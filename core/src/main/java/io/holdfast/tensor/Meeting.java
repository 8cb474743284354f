package io.holdfast.tensor;

import java.util.List;

/** One shard's way to the others of a {@link Workers#mapTogether}; for the thread it was given. */
public final class Meeting {
  private final Rendezvous place;
  private final int shard;
  private final Scope home;

  Meeting(Rendezvous place, int shard, Scope home) {
    this.place = place;
    this.shard = shard;
    this.home = home;
  }

  /** This shard's number, from 0. */
  public int shard() {
    return shard;
  }

  /**
   * Waits until every shard has come here, and gives what each has brought, in shard order. All
   * shards of a call come to the same topics in the same order.
   *
   * @param mine not to be changed afterwards; nor is what the others brought
   * @throws IllegalStateException if another shard has ended or came to another topic
   */
  public List<double[]> exchange(String topic, double[] mine) {
    return place.meet(shard, topic, mine);
  }

  /** The scope around all that this shard computes. */
  Scope home() {
    return home;
  }
}
