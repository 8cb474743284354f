package io.holdfast.train;

import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import java.util.Set;

/** Notes the ids of the samples that are read. */
record SpiedDataset(Dataset source, Set<Long> seen) implements Dataset {
  @Override
  public DatasetInfo info() {
    return source.info();
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public long id(int index) {
    return source.id(index);
  }

  @Override
  public int label(int index) {
    return source.label(index);
  }

  @Override
  public int group(int index) {
    return source.group(index);
  }

  @Override
  public float weight(int index) {
    return source.weight(index);
  }

  @Override
  public void read(int index, float[] into, int offset) {
    seen.add(source.id(index));
    source.read(index, into, offset);
  }

  @Override
  public String contentHash() {
    return source.contentHash();
  }
}
