package io.holdfast.data.image;

/** How bright a colour looks (ITU-R BT.601): {@code 0.299 R + 0.587 G + 0.114 B}. */
public final class Luma {
  private Luma() {}

  /**
   * Of pixel {@code i} of {@code [c, h, w]}; of a grey image the pixel itself.
   *
   * @param plane pixels per channel
   */
  public static float at(float[] pixels, int c, int plane, int i) {
    return c == 3 ? of(pixels[i], pixels[plane + i], pixels[2 * plane + i]) : pixels[i];
  }

  /** Of one colour. */
  public static float of(float red, float green, float blue) {
    return 0.299f * red + 0.587f * green + 0.114f * blue;
  }
}
