package io.holdfast.data;

import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.Scale;
import org.jspecify.annotations.Nullable;

/**
 * A view of another data set: all of it is the source's but for what a subclass overrides. Views
 * that take other samples, or watch which are taken, override {@link #position}.
 */
public abstract class ForwardingDataset implements Dataset {
  private final Dataset source;

  protected ForwardingDataset(Dataset source) {
    this.source = source;
  }

  protected final Dataset source() {
    return source;
  }

  /** Where a sample of this view stands in the source; asked at every access to a sample. */
  protected int position(int index) {
    return index;
  }

  @Override
  public DatasetInfo info() {
    return source.info();
  }

  @Override
  public @Nullable Scale scale() {
    return source.scale();
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public long id(int index) {
    return source.id(position(index));
  }

  @Override
  public int label(int index) {
    return source.label(position(index));
  }

  @Override
  public SamplePlace place(int index) {
    return source.place(position(index));
  }

  @Override
  public int group(int index) {
    return source.group(position(index));
  }

  @Override
  public float weight(int index) {
    return source.weight(position(index));
  }

  @Override
  public double draws(int index) {
    return source.draws(position(index));
  }

  @Override
  public void read(int index, float[] into, int offset) {
    source.read(position(index), into, offset);
  }

  @Override
  public void prepare(int workers, Stopper stopper, Progress progress) {
    source.prepare(workers, stopper, progress);
  }

  @Override
  public boolean isPrepared() {
    return source.isPrepared();
  }

  @Override
  public String contentHash(Stopper stopper) {
    return source.contentHash(stopper);
  }
}
