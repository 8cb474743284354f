package io.holdfast.report;

import io.holdfast.record.Pixels;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Small pictures as PNG (ISO/IEC 15948), eight bits a channel, grey or RGB. */
public final class Png {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int GREY = 0;
  private static final int RGB = 2;

  private Png() {}

  /** A picture as a data URI: RGB if it has three channels, otherwise the grey mean of them. */
  static String dataUri(Pixels picture) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(encode(picture));
  }

  /** As {@link #dataUri}, as the bytes of the file. */
  public static byte[] encode(Pixels picture) {
    int colours = picture.channels() == 3 ? 3 : 1;
    ByteBuffer header = ByteBuffer.allocate(13).putInt(picture.width()).putInt(picture.height());
    header.put((byte) 8).put((byte) (colours == 3 ? RGB : GREY)).put(new byte[3]);

    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(SIGNATURE);
    chunk(file, "IHDR", header.array());
    chunk(file, "IDAT", deflate(scanlines(picture, colours)));
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static byte[] scanlines(Pixels picture, int colours) {
    float[] values = picture.values();
    int width = picture.width();
    int plane = picture.height() * width;
    byte[] lines = new byte[picture.height() + plane * colours];
    int at = 0;
    for (int i = 0; i < plane; i++) {
      if (i % width == 0) {
        at++; // filter type 0: none
      }
      for (int c = 0; c < colours; c++) {
        lines[at++] = level(colours == 3 ? values[c * plane + i] : mean(values, plane, i));
      }
    }
    return lines;
  }

  private static float mean(float[] values, int plane, int position) {
    float sum = 0;
    int channels = 0;
    for (int i = position; i < values.length; i += plane) {
      sum += values[i];
      channels++;
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
