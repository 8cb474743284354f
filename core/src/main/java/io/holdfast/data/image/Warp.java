package io.holdfast.data.image;

/** Bilinear resampling of {@code [c, h, w]} at positions between pixels. */
public final class Warp {
  private Warp() {}

  /**
   * The image whose pixel (x, y) about the centre is the given one's at {@code (m0 x + m1 y + m2,
   * m3 x + m4 y + m5)}.
   */
  public static float[] affine(float[] image, int h, int w, double[] m, Border border) {
    float[] out = new float[image.length];
    double midX = (w - 1) / 2.0;
    double midY = (h - 1) / 2.0;
    for (int i = 0; i < out.length; i++) {
      double x = i % w - midX;
      double y = i / w % h - midY;
      int plane = i / (h * w) * h * w;
      double fromX = m[0] * x + m[1] * y + m[2] + midX;
      double fromY = m[3] * x + m[4] * y + m[5] + midY;
      out[i] = sample(image, plane, h, w, fromY, fromX, border);
    }
    return out;
  }

  /**
   * The value between the four pixels around a position.
   *
   * @param plane where the channel begins
   */
  public static float sample(
      float[] image, int plane, int h, int w, double y, double x, Border border) {
    int top = (int) Math.floor(y);
    int left = (int) Math.floor(x);
    double down = y - top;
    double right = x - left;
    int y0 = border.index(top, h);
    int y1 = border.index(top + 1, h);
    int x0 = border.index(left, w);
    int x1 = border.index(left + 1, w);
    double sum = (1 - down) * (1 - right) * at(image, plane, w, y0, x0);
    sum += (1 - down) * right * at(image, plane, w, y0, x1);
    sum += down * (1 - right) * at(image, plane, w, y1, x0);
    sum += down * right * at(image, plane, w, y1, x1);
    return (float) sum;
  }

  private static float at(float[] image, int plane, int w, int y, int x) {
    return y < 0 || x < 0 ? 0 : image[plane + y * w + x];
  }
}
