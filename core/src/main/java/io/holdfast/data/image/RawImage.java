package io.holdfast.data.image;

/**
 * A decoded image.
 *
 * <p>Shapes: {@code pixels [C, H, W]}, unsigned bytes; C is 1 or 3.
 */
final class RawImage {
  private final int channels;
  private final int height;
  private final int width;
  private final byte[] pixels;

  RawImage(int channels, int height, int width, byte[] pixels) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.pixels = pixels;
  }

  int channels() {
    return channels;
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  /** Not a copy. */
  byte[] pixels() {
    return pixels;
  }

  /** The same image in 1 or 3 channels. */
  RawImage withChannels(int wanted) {
    if (wanted == channels) {
      return this;
    }
    int plane = height * width;
    byte[] out = new byte[wanted * plane];
    for (int i = 0; i < plane; i++) {
      if (wanted == 1) {
        int r = pixels[i] & 0xff;
        int g = pixels[plane + i] & 0xff;
        int b = pixels[2 * plane + i] & 0xff;
        out[i] = (byte) ((299 * r + 587 * g + 114 * b + 500) / 1000);
      } else {
        out[i] = out[plane + i] = out[2 * plane + i] = pixels[i];
      }
    }
    return new RawImage(wanted, height, width, out);
  }

  /** The centre, {@code h} by {@code w}; neither exceeds the image. */
  RawImage crop(int h, int w) {
    int top = (height - h) / 2;
    int left = (width - w) / 2;
    byte[] out = new byte[channels * h * w];
    for (int row = 0; row < channels * h; row++) {
      int from = ((row / h) * height + top + row % h) * width + left;
      System.arraycopy(pixels, from, out, row * w, w);
    }
    return new RawImage(channels, h, w, out);
  }
}
