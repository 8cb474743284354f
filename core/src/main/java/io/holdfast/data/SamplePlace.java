package io.holdfast.data;

/**
 * Where the label of a sample stands, for messages.
 *
 * @param source a file, with {@code :line} where it has lines; the data set's name for samples that
 *     come from no file
 * @param field such as {@code labels[17]}, position 17 of the array {@code labels}
 */
public record SamplePlace(String source, String field) {
  /** Position {@code index} of an array of labels. */
  public static SamplePlace of(String source, String array, int index) {
    return new SamplePlace(source, array + "[" + index + "]");
  }

  @Override
  public String toString() {
    return source + ": " + field;
  }
}
