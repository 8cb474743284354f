package io.holdfast.data.image;

import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.SamplePlace;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A data set over an array of images; the id of a sample is its position in the array. */
final class ArrayDataset implements Dataset {
  private final DatasetInfo info;
  private final PixelArray pixels;
  private final int[] labels;
  private final IntFunction<SamplePlace> places;
  private final HashOnce hash;
  private final @Nullable Scale scale;

  /**
   * @param labels checked against the classes
   * @param places where each label stands
   * @param hash of the content, given what may stop it
   * @param scale of the numbers in the file; null where its format tells it
   */
  ArrayDataset(
      DatasetInfo info,
      PixelArray pixels,
      int[] labels,
      IntFunction<SamplePlace> places,
      Function<Stopper, String> hash,
      @Nullable Scale scale) {
    this.info = info;
    this.pixels = pixels;
    this.labels = labels;
    this.places = places;
    this.hash = new HashOnce(hash);
    this.scale = scale;
  }

  /** Of a format that tells how its numbers are to be read. */
  ArrayDataset(
      DatasetInfo info,
      PixelArray pixels,
      int[] labels,
      IntFunction<SamplePlace> places,
      Function<Stopper, String> hash) {
    this(info, pixels, labels, places, hash, null);
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public @Nullable Scale scale() {
    return scale;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public long id(int index) {
    return Objects.checkIndex(index, labels.length);
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public SamplePlace place(int index) {
    return places.apply(index);
  }

  @Override
  public void read(int index, float[] into, int offset) {
    pixels.read(index, into, offset);
  }

  @Override
  public String contentHash(Stopper stopper) {
    return hash.get(stopper);
  }

  @Override
  public String toString() {
    return info.name() + " (" + labels.length + " samples)";
  }
}
