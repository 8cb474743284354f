package io.holdfast.data.image;

import io.holdfast.data.image.ImageHeader.BadImageException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * Reduces PNG and JPEG files to what their pixels need, after checking their structure. The
 * platform's decoders then never see profiles, texts and thumbnails, whose stated sizes they trust.
 */
final class ImageFiles {
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final byte[] JFIF = {
    (byte) 0xff, (byte) 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };

  private ImageFiles() {}

  static byte[] reduce(ImageHeader header, byte[] file) throws BadImageException {
    return header.png() ? png(file) : jpeg(file);
  }

  private static byte[] png(byte[] file) throws BadImageException {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, 8);
    int at = 8;
    while (true) {
      if (at + 12 > file.length) {
        throw BadImageException.ended();
      }
      int length = bytes.getInt(at);
      int type = bytes.getInt(at + 4);
      if (length < 0 || length > file.length - at - 12) {
        throw BadImageException.ended();
      }
      if (type == IHDR || type == PLTE || type == IDAT || type == IEND) {
        checkCrc(file, at + 4, length + 4, bytes.getInt(at + 8 + length));
        kept.write(file, at, length + 12);
      }
      if (type == IEND) {
        return kept.toByteArray();
      }
      at += length + 12;
    }
  }

  private static void checkCrc(byte[] file, int from, int length, int expected)
      throws BadImageException {
    CRC32 crc = new CRC32();
    crc.update(file, from, length);
    if ((int) crc.getValue() != expected) {
      throw new BadImageException("a damaged PNG file (checksum)");
    }
  }

  /** Without camera data the decoder would guess the colour space; a JFIF header settles it. */
  private static byte[] jpeg(byte[] file) throws BadImageException {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    ByteArrayOutputStream segments = new ByteArrayOutputStream(file.length);
    boolean adobe = false;
    JpegSegment segment = JpegSegment.at(bytes, 2);
    while (!segment.isScan()) {
      if (segment.end() > file.length) {
        throw BadImageException.ended();
      }
      adobe |= segment.isAdobe();
      if (!segment.isMetadata()) {
        segments.write(file, segment.start(), segment.length() + 2);
      }
      segment = segment.next(bytes);
    }
    int end = endOfImage(file, segment.start());
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length + JFIF.length);
    kept.write(file, 0, 2);
    if (!adobe) {
      kept.writeBytes(JFIF);
    }
    kept.writeBytes(segments.toByteArray());
    kept.write(file, segment.start(), end - segment.start());
    return kept.toByteArray();
  }

  private static int endOfImage(byte[] file, int scan) throws BadImageException {
    for (int at = file.length - 2; at > scan; at--) {
      if (file[at] == (byte) 0xff && file[at + 1] == (byte) 0xd9) {
        return at + 2;
      }
    }
    throw BadImageException.ended();
  }
}
