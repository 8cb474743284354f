package io.holdfast.model;

/**
 * One rectangle per image of a batch, all of one size. Shapes: n images.
 *
 * @param rows upper edges {@code [n]}, from 0
 * @param columns left edges {@code [n]}, from 0
 * @param height of each, at least 1
 * @param width of each, at least 1
 */
@SuppressWarnings("ArrayRecordComponent") // a view of the caller's numbers, never compared
public record Patches(int[] rows, int[] columns, int height, int width) {
  /** Number of images n. */
  public int count() {
    return rows.length;
  }
}
