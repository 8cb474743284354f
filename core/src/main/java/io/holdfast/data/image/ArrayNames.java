package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which arrays of a file hold what.
 *
 * @param labels of the samples; null where none are wanted
 * @param weights of the samples; null where there is none
 * @param groups of the samples; null where there is none
 */
record ArrayNames(
    String images, @Nullable String labels, @Nullable String weights, @Nullable String groups) {
  private static final List<String> IMAGES = List.of("images", "image", "x", "X", "data");
  private static final List<String> LABELS = List.of("labels", "label", "y", "Y", "targets");

  /**
   * The names stated, or the usual ones; with {@code split} also {@code x_train}, {@code train_x}.
   */
  static ArrayNames find(String source, Collection<String> names, ReadOptions options) {
    return new ArrayNames(
        find(source, names, "images", options.images(), IMAGES, options.split()),
        options.use() == LabelUse.NONE
            ? null
            : find(source, names, "labels", options.labels(), LABELS, options.split()),
        optional(names, "weights", options.split()),
        optional(names, "groups", options.split()));
  }

  private static @Nullable String optional(
      Collection<String> names, String usual, @Nullable String split) {
    return candidates(List.of(usual), split).stream()
        .filter(names::contains)
        .findFirst()
        .orElse(null);
  }

  private static List<String> candidates(List<String> usual, @Nullable String split) {
    return split == null
        ? usual
        : usual.stream()
            .flatMap(name -> Stream.of(name + "_" + split, split + "_" + name))
            .toList();
  }

  private static String find(
      String source,
      Collection<String> names,
      String what,
      @Nullable String stated,
      List<String> usual,
      @Nullable String split) {
    List<String> wanted = stated != null ? List.of(stated) : candidates(usual, split);
    return wanted.stream()
        .filter(names::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    source,
                    what,
                    wanted.size() == 1
                        ? "an array named " + wanted.get(0)
                        : "an array named one of " + String.join(", ", wanted),
                    names.isEmpty() ? "no array" : String.join(", ", names),
                    "say " + what + ": NAME in the data section"));
  }
}
