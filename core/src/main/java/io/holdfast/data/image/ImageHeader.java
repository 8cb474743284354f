package io.holdfast.data.image;

import java.nio.ByteBuffer;

/**
 * What the first bytes of a PNG or JPEG file say.
 *
 * @param channels 1 for grey, 3 for colour; transparency does not count
 */
record ImageHeader(boolean png, int height, int width, int channels) {
  /** Largest image that is decoded, in pixels. */
  static final long MOST_PIXELS = 1L << 26;

  private static final long PNG_MAGIC = 0x89504e470d0a1a0aL;
  private static final int IHDR = 0x49484452;

  /** Thrown where bytes are no image that is read here; the caller adds the name of the file. */
  static final class BadImageException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean endedEarly;

    BadImageException(String found) {
      this(found, false);
    }

    private BadImageException(String found, boolean endedEarly) {
      super(found);
      this.endedEarly = endedEarly;
    }

    static BadImageException ended() {
      return new BadImageException("a truncated file", true);
    }

    /** More bytes might have helped. */
    boolean endedEarly() {
      return endedEarly;
    }
  }

  /**
   * Reads the header.
   *
   * @param start the file or its beginning
   */
  static ImageHeader parse(byte[] start) throws BadImageException {
    if (start.length == 0) {
      throw new BadImageException("an empty file");
    }
    ByteBuffer bytes = ByteBuffer.wrap(start);
    ImageHeader header;
    if (start.length >= 8 && bytes.getLong(0) == PNG_MAGIC) {
      header = png(bytes);
    } else if (start.length >= 3 && bytes.getShort(0) == (short) 0xffd8) {
      header = jpeg(bytes);
    } else {
      throw start.length < 8
          ? BadImageException.ended()
          : new BadImageException("neither of these formats");
    }
    long pixels = (long) header.height * header.width;
    if (pixels < 1 || pixels > MOST_PIXELS) {
      throw new BadImageException("a size of " + header.width + " x " + header.height + " pixels");
    }
    return header;
  }

  private static ImageHeader png(ByteBuffer bytes) throws BadImageException {
    if (bytes.limit() < 33) {
      throw BadImageException.ended();
    }
    if (bytes.getInt(8) != 13 || bytes.getInt(12) != IHDR) {
      throw new BadImageException("a PNG file without its header");
    }
    int colourType = bytes.get(25);
    return new ImageHeader(
        true,
        Math.max(0, bytes.getInt(20)),
        Math.max(0, bytes.getInt(16)),
        colourType == 0 || colourType == 4 ? 1 : 3);
  }

  private static ImageHeader jpeg(ByteBuffer bytes) throws BadImageException {
    for (JpegSegment segment = JpegSegment.at(bytes, 2); ; segment = segment.next(bytes)) {
      if (segment.isFrame()) {
        if (segment.length() < 8 || bytes.limit() < segment.start() + 10) {
          throw BadImageException.ended();
        }
        int components = bytes.get(segment.start() + 9);
        if (components != 1 && components != 3) {
          throw new BadImageException(
              "a JPEG file of " + components + " colour components (save it as RGB)");
        }
        return new ImageHeader(
            false,
            Short.toUnsignedInt(bytes.getShort(segment.start() + 5)),
            Short.toUnsignedInt(bytes.getShort(segment.start() + 7)),
            components);
      }
      if (segment.isScan()) {
        throw new BadImageException("a JPEG file without a frame header");
      }
    }
  }
}
