package io.holdfast.data;

import java.util.List;

/**
 * A supplier of data sets that travel on the class path; found by {@link java.util.ServiceLoader}
 * and opened as {@code embedded:NAME/SPLIT}.
 */
public interface EmbeddedDatasets {
  /** What can be opened, such as {@code fashion-mnist/train}. */
  List<String> names();

  /** Opens one of {@link #names()}. */
  Dataset open(String name);
}
