package io.holdfast.data;

import io.holdfast.data.image.Scale;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What samples are like that others must go with: those that a model was trained on. Files that do
 * not tell it are read so, unless their options say more.
 *
 * @param shape of one sample, {@code [C, H, W]} for images
 * @param scale of the numbers in their file; null where its format tells it
 */
public record SampleForm(List<Integer> shape, @Nullable Scale scale) {
  public SampleForm {
    shape = List.copyOf(shape);
  }

  /** That of a data set. */
  public static SampleForm of(Dataset data) {
    return new SampleForm(data.info().shape(), data.scale());
  }
}
