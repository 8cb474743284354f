package io.holdfast.datasets;

import io.holdfast.common.HoldfastException;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.image.InMemoryImages;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * 8-bit images as small as plain Java can unpack: each pixel minus the median-edge prediction from
 * its left, upper and upper-left neighbours (Weinberger, Seroussi and Sapiro 2000, LOCO-I, equation
 * 1), deflated. File: the count as a 32-bit big-endian integer, then a zlib stream of one byte of
 * label per image followed by the residuals {@code [N, C, H, W]}.
 */
final class PackedImages {
  private PackedImages() {}

  /** Unpacks a resource beside this class. */
  static Dataset load(DatasetInfo info, String resource) {
    try (InputStream raw = PackedImages.class.getResourceAsStream(resource)) {
      if (raw == null) {
        throw new HoldfastException("the jar of embedded data lacks " + resource);
      }
      return unpack(info, raw);
    } catch (IOException e) {
      throw new HoldfastException("the embedded data " + resource + " is damaged", e);
    }
  }

  static Dataset unpack(DatasetInfo info, InputStream raw) throws IOException {
    int count = new DataInputStream(raw).readInt();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(new InflaterInputStream(raw), 1 << 16))) {
      int[] labels = new int[count];
      for (int i = 0; i < count; i++) {
        labels[i] = in.readUnsignedByte();
      }
      byte[] pixels = new byte[count * info.sampleSize()];
      in.readFully(pixels);
      restore(pixels, info.shape().get(1), info.shape().get(2));
      return InMemoryImages.of(info, pixels, labels);
    }
  }

  /** Packs pixels {@code [N, C, H, W]}, the inverse of {@link #unpack}. */
  static byte[] pack(DatasetInfo info, byte[] pixels, int[] labels) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    packed.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(labels.length).array());
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    deflater.setStrategy(Deflater.FILTERED);
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed, deflater, 1 << 16)) {
      for (int label : labels) {
        out.write(label);
      }
      out.write(residuals(pixels, info.shape().get(1), info.shape().get(2)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return packed.toByteArray();
  }

  private static byte[] residuals(byte[] pixels, int height, int width) {
    byte[] residuals = new byte[pixels.length];
    for (int at = 0; at < pixels.length; at++) {
      residuals[at] = (byte) (pixels[at] - predict(pixels, at, height, width));
    }
    return residuals;
  }

  /** Residuals to pixels, in place: a prediction looks only at pixels already restored. */
  private static void restore(byte[] values, int height, int width) {
    for (int at = 0; at < values.length; at++) {
      values[at] = (byte) (values[at] + predict(values, at, height, width));
    }
  }

  private static int predict(byte[] pixels, int at, int height, int width) {
    boolean hasLeft = at % width > 0;
    boolean hasUpper = at / width % height > 0;
    int left = hasLeft ? pixels[at - 1] & 0xff : 0;
    int upper = hasUpper ? pixels[at - width] & 0xff : 0;
    int corner = hasLeft && hasUpper ? pixels[at - width - 1] & 0xff : 0;
    int low = Math.min(left, upper);
    int high = Math.max(left, upper);
    return corner >= high ? low : corner <= low ? high : left + upper - corner;
  }
}
