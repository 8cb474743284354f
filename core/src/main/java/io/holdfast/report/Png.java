package io.holdfast.report;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Small pictures as PNG (ISO/IEC 15948), eight bits a channel, grey or RGB. */
final class Png {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int GREY = 0;
  private static final int RGB = 2;

  private Png() {}

  /**
   * A picture as a data URI.
   *
   * @param pixels values in [0, 1], {@code [C, H, W]} in row-major order; values outside are
   *     clipped
   * @param channels three for RGB; any other number is drawn as the grey mean of the channels
   */
  static String dataUri(float[] pixels, int channels, int height, int width) {
    return "data:image/png;base64,"
        + Base64.getEncoder().encodeToString(encode(pixels, channels, height, width));
  }

  /** As {@link #dataUri}, as the bytes of the file. */
  static byte[] encode(float[] pixels, int channels, int height, int width) {
    int colours = channels == 3 ? 3 : 1;
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) 8).put((byte) (colours == 3 ? RGB : GREY)).put(new byte[3]);

    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(SIGNATURE);
    chunk(file, "IHDR", header.array());
    chunk(file, "IDAT", deflate(scanlines(pixels, channels, height, width, colours)));
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static byte[] scanlines(
      float[] pixels, int channels, int height, int width, int colours) {
    byte[] lines = new byte[height * (1 + width * colours)];
    int at = 0;
    for (int y = 0; y < height; y++) {
      at++; // filter type 0: none
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < colours; c++) {
          lines[at++] = level(value(pixels, channels, height * width, y * width + x, c));
        }
      }
    }
    return lines;
  }

  private static float value(float[] pixels, int channels, int plane, int position, int colour) {
    if (channels == 3) {
      return pixels[colour * plane + position];
    }
    float sum = 0;
    for (int c = 0; c < channels; c++) {
      sum += pixels[c * plane + position];
    }
    return sum / channels;
  }

  private static byte level(float value) {
    return (byte) Math.round(255 * Math.max(0, Math.min(1, value)));
  }

  private static byte[] deflate(byte[] data) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try {
      deflater.setInput(data);
      deflater.finish();
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      byte[] buffer = new byte[4096];
      while (!deflater.finished()) {
        packed.write(buffer, 0, deflater.deflate(buffer));
      }
      return packed.toByteArray();
    } finally {
      deflater.end();
    }
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    file.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    file.writeBytes(name);
    file.writeBytes(data);
    file.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
