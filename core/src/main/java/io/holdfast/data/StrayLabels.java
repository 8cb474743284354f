package io.holdfast.data;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The labels of a data set that have no class among those of another data set or of a model.
 *
 * @param label the first of them
 * @param place where it stands
 * @param more how many other samples have such labels
 */
public record StrayLabels(int label, SamplePlace place, int more) {
  /**
   * Looks through all labels.
   *
   * @param classes how many there are; labels number them from 0
   */
  public static Optional<StrayLabels> of(Dataset data, int classes) {
    int first = -1;
    int count = 0;
    for (int i = 0; i < data.size(); i++) {
      if (data.label(i) >= classes) {
        first = first < 0 ? i : first;
        count++;
      }
    }
    return first < 0
        ? Optional.empty()
        : Optional.of(new StrayLabels(data.label(first), data.place(first), count - 1));
  }

  /** For a message: {@code 11 at y.npy: labels[3]}. */
  public String found() {
    return label + " at " + place;
  }

  /** For a message: how many more there are; null for none. */
  public @Nullable String hint() {
    return more == 0 ? null : "and " + more + " more such label" + (more == 1 ? "" : "s");
  }
}
