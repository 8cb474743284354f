package io.holdfast.data;

import io.holdfast.common.Hashes;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.Scale;
import org.jspecify.annotations.Nullable;

/** Samples of one set and, behind them, extra ones of another that count differently. */
final class Joined implements Dataset {
  private final Dataset first;
  private final Dataset extra;
  private final double weight;
  private final double firstDraws;
  private final double extraDraws;

  /**
   * @param weight factor of the extra samples' weights
   * @param share of an epoch's samples that are extra ones, in (0, 1); 0 for as many as there are
   */
  Joined(Dataset first, Dataset extra, double weight, double share) {
    this.first = first;
    this.extra = extra;
    this.weight = weight;
    double all = (double) first.size() + extra.size();
    firstDraws = share == 0 ? 1 : (1 - share) * all / first.size();
    extraDraws = share == 0 ? 1 : share * all / extra.size();
  }

  private boolean isExtra(int index) {
    return index >= first.size();
  }

  private Dataset set(int index) {
    return isExtra(index) ? extra : first;
  }

  private int at(int index) {
    return isExtra(index) ? index - first.size() : index;
  }

  @Override
  public DatasetInfo info() {
    return first.info();
  }

  @Override
  public @Nullable Scale scale() {
    return first.scale();
  }

  @Override
  public int size() {
    return Math.addExact(first.size(), extra.size());
  }

  /** Ids of extra samples are the complements of their own. */
  @Override
  public long id(int index) {
    long own = set(index).id(at(index));
    return isExtra(index) ? ~own : own;
  }

  @Override
  public int label(int index) {
    return set(index).label(at(index));
  }

  @Override
  public SamplePlace place(int index) {
    return set(index).place(at(index));
  }

  @Override
  public int group(int index) {
    return set(index).group(at(index));
  }

  @Override
  public float weight(int index) {
    float own = set(index).weight(at(index));
    return isExtra(index) ? (float) (own * weight) : own;
  }

  @Override
  public double draws(int index) {
    return set(index).draws(at(index)) * (isExtra(index) ? extraDraws : firstDraws);
  }

  @Override
  public void read(int index, float[] into, int offset) {
    set(index).read(at(index), into, offset);
  }

  @Override
  public void prepare(int workers, Stopper stopper, Progress progress) {
    first.prepare(workers, stopper, progress);
    extra.prepare(workers, stopper, progress);
  }

  @Override
  public boolean isPrepared() {
    return first.isPrepared() && extra.isPrepared();
  }

  @Override
  public String contentHash(Stopper stopper) {
    return Hashes.sha256Hex(
        String.join(
            "\n",
            "joined",
            first.contentHash(stopper),
            extra.contentHash(stopper),
            Double.toString(weight),
            Double.toString(extraDraws)));
  }

  @Override
  public String toString() {
    return first + " and " + extra;
  }
}
