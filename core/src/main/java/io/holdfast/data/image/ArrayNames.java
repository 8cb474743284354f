package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which arrays of a file hold images and labels. */
record ArrayNames(String images, String labels) {
  private static final List<String> IMAGES = List.of("images", "image", "x", "X", "data");
  private static final List<String> LABELS = List.of("labels", "label", "y", "Y", "targets");

  /**
   * The names stated, or the usual ones; with {@code split} also {@code x_train}, {@code train_x}.
   */
  static ArrayNames find(String source, Collection<String> names, ReadOptions options) {
    return new ArrayNames(
        find(source, names, "images", options.images(), IMAGES, options.split()),
        find(source, names, "labels", options.labels(), LABELS, options.split()));
  }

  private static String find(
      String source,
      Collection<String> names,
      String what,
      @Nullable String stated,
      List<String> usual,
      @Nullable String split) {
    Stream<String> candidates = stated != null ? Stream.of(stated) : usual.stream();
    if (stated == null && split != null) {
      candidates =
          usual.stream().flatMap(name -> Stream.of(name + "_" + split, split + "_" + name));
    }
    List<String> wanted = candidates.toList();
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
