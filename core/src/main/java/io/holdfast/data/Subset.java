package io.holdfast.data;

import io.holdfast.common.Hashes;
import io.holdfast.common.Stopper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/** Some samples of another data set, in a given order. */
final class Subset extends ForwardingDataset {
  private final int[] indices;

  private Subset(Dataset source, int[] indices) {
    super(source);
    this.indices = indices;
  }

  static Subset of(Dataset source, int[] indices) {
    if (indices.length == 0) {
      throw new IllegalArgumentException("a subset has at least one sample");
    }
    int size = source.size();
    for (int index : indices) {
      Objects.checkIndex(index, size);
    }
    if (source instanceof Subset inner) {
      return new Subset(
          inner.source(), Arrays.stream(indices).map(i -> inner.indices[i]).toArray());
    }
    return new Subset(source, indices.clone());
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  protected int position(int index) {
    return indices[index];
  }

  /** Hash of the source's hash and of the positions taken, little endian. */
  @Override
  public String contentHash(Stopper stopper) {
    byte[] head =
        ("subset " + source().contentHash(stopper) + "\n").getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(head.length + Integer.BYTES * indices.length);
    buffer.order(ByteOrder.LITTLE_ENDIAN).put(head);
    for (int index : indices) {
      buffer.putInt(index);
    }
    return Hashes.sha256Hex(buffer.array());
  }

  @Override
  public String toString() {
    return info().name() + " (" + indices.length + " of " + source().size() + ")";
  }
}
