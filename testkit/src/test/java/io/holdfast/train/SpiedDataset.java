package io.holdfast.train;

import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import java.util.Set;

/** Notes the ids of the samples that are read. */
final class SpiedDataset extends ForwardingDataset {
  private final Set<Long> seen;

  SpiedDataset(Dataset source, Set<Long> seen) {
    super(source);
    this.seen = seen;
  }

  @Override
  public void read(int index, float[] into, int offset) {
    seen.add(id(index));
    super.read(index, into, offset);
  }
}
