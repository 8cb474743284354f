package io.holdfast.data.image;

import io.holdfast.data.image.ImageHeader.BadImageException;
import java.nio.ByteBuffer;

/**
 * A marker segment of a JPEG file (ITU-T T.81, annex B).
 *
 * @param start position of its 0xff
 * @param length of what follows the marker, with the two bytes of the length itself
 */
record JpegSegment(int start, int marker, int length) {

  static JpegSegment at(ByteBuffer bytes, int position) throws BadImageException {
    int at = position;
    while (at + 1 < bytes.limit()
        && bytes.get(at) == (byte) 0xff
        && bytes.get(at + 1) == (byte) 0xff) {
      at++; // fill bytes
    }
    if (at + 4 > bytes.limit()) {
      throw BadImageException.ended();
    }
    if (bytes.get(at) != (byte) 0xff) {
      throw new BadImageException("a damaged JPEG file");
    }
    int length = Short.toUnsignedInt(bytes.getShort(at + 2));
    if (length < 2) {
      throw new BadImageException("a damaged JPEG file");
    }
    return new JpegSegment(at, bytes.get(at + 1) & 0xff, length);
  }

  JpegSegment next(ByteBuffer bytes) throws BadImageException {
    return at(bytes, end());
  }

  int end() {
    return start + 2 + length;
  }

  /** Start of frame: size and components. */
  boolean isFrame() {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  /** Start of scan: pixels follow. */
  boolean isScan() {
    return marker == 0xda;
  }

  /** Adobe's note on the colour transform. */
  boolean isAdobe() {
    return marker == 0xee;
  }

  /** Comments, profiles, camera data: nothing that the pixels need. */
  boolean isMetadata() {
    return marker == 0xfe || (marker >= 0xe0 && marker <= 0xef && !isAdobe());
  }
}
