package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.data.SamplePlace;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Checks that labels make a classification task. */
final class Labels {
  /** More classes than this means that the column holds no class labels. */
  static final int MOST_CLASSES = 100_000;

  private static final int SHOWN = 5;

  private Labels() {}

  /**
   * Refuses empty data, labels outside {@code [0, classes)} and, for a task, one class only.
   *
   * @param source file in messages
   * @param places where each label stands
   * @param use what the labels are for
   */
  static void check(
      String source, int[] labels, int classes, IntFunction<SamplePlace> places, LabelUse use) {
    if (labels.length == 0) {
      throw new InvalidInputException(source, "", "at least one sample", "none");
    }
    Problems problems = new Problems(source);
    int[] bad =
        IntStream.range(0, labels.length)
            .filter(i -> labels[i] < 0 || labels[i] >= classes)
            .toArray();
    String range = "a label in [0, " + (classes - 1) + "], one for each class";
    for (int k = 0; k < Math.min(SHOWN, bad.length); k++) {
      SamplePlace place = places.apply(bad[k]);
      boolean last = k == SHOWN - 1 && bad.length > SHOWN;
      String hint = last ? "and " + (bad.length - SHOWN) + " more such labels" : null;
      String found = Integer.toString(labels[bad[k]]);
      problems.add(new Problem(place.source(), place.field(), range, found, hint));
    }
    boolean task = use == LabelUse.TASK;
    if (task && bad.length == 0 && Arrays.stream(labels).allMatch(label -> label == labels[0])) {
      problems.add(
          "labels",
          "at least two classes",
          "only class " + labels[0] + " in " + labels.length + " samples",
          "a classifier needs samples of more than one class");
    }
    problems.throwIfAny();
  }

  /** As they are read; of class 0 where they are not to be looked at. */
  static int[] wanted(int[] read, LabelUse use) {
    return use == LabelUse.NONE ? new int[read.length] : read;
  }

  /** The class names given, or the numbers 0 to the largest label. */
  static List<String> classes(@Nullable List<String> given, int[] labels) {
    if (given != null) {
      return given;
    }
    int largest = Arrays.stream(labels).max().orElse(0);
    return IntStream.rangeClosed(0, Math.max(0, largest)).mapToObj(Integer::toString).toList();
  }

  /**
   * A label read as a wide integer; the caller names the place.
   *
   * @param where such as {@code labels[17]}
   */
  static int narrow(long label, String source, String where) {
    if (label < 0 || label >= MOST_CLASSES) {
      throw new InvalidInputException(
          source,
          where,
          "a class number from 0 to " + (MOST_CLASSES - 1),
          Long.toString(label),
          "labels number the classes from 0");
    }
    return (int) label;
  }
}
