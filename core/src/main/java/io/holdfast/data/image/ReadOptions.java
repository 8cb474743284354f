package io.holdfast.data.image;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to read a source; every part may be left out. The keys of a {@code data} section of an
 * experiment file, described by {@link io.holdfast.data.Datasets}.
 *
 * @param split which of several sets within a folder or archive, such as {@code train}
 * @param shape {@code [C, H, W]} of an image, for formats that do not say it
 * @param layout order of the axes of an array; null: inferred where unambiguous
 * @param images name of the array of images
 * @param labels name of the array of labels, or of a file that holds it
 * @param labelColumn name or position (from 0) of the column of labels
 * @param header whether the first line names the columns; null: seen from its content
 * @param classes class names in the order of the labels
 * @param fit size and colours of decoded images
 */
public record ReadOptions(
    @Nullable String split,
    @Nullable List<Integer> shape,
    @Nullable Layout layout,
    @Nullable String images,
    @Nullable String labels,
    @Nullable String labelColumn,
    @Nullable Boolean header,
    @Nullable List<String> classes,
    ImageFit fit) {

  /** Everything left out. */
  public static final ReadOptions DEFAULTS =
      new ReadOptions(null, null, null, null, null, null, null, null, ImageFit.AS_IS);
}
