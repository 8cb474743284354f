package io.holdfast.data.image;

import io.holdfast.data.image.ImageHeader.BadImageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings decoded images to one size and number of channels: first resize, then crop.
 *
 * @param resize size after resizing (antialiased bilinear, the aspect ratio is not kept), or null
 * @param crop size of the centre that is cut out, or null
 * @param colour channels of the result
 */
public record ImageFit(@Nullable Size resize, @Nullable Size crop, Colour colour) {
  /** Images as they are; all must agree. */
  public static final ImageFit AS_IS = new ImageFit(null, null, Colour.AUTO);

  /**
   * Height and width.
   *
   * @param height in pixels, at least 1
   * @param width in pixels, at least 1
   */
  public record Size(int height, int width) {
    @Override
    public String toString() {
      return height + "x" + width;
    }
  }

  /** Channels. */
  public enum Colour {
    /** Grey if every image is, otherwise RGB. */
    AUTO,
    /** One channel; colours become luma (ITU-R BT.601). */
    GREY,
    /** Three channels; grey is repeated. */
    RGB
  }

  /** Fits an image to {@code [C, H, W]}. */
  RawImage apply(RawImage image, List<Integer> shape) throws BadImageException {
    RawImage result = image.withChannels(shape.get(0));
    if (resize != null) {
      result = Resampler.resize(result, resize.height, resize.width);
    }
    int height = shape.get(1);
    int width = shape.get(2);
    boolean smaller = result.height() < height || result.width() < width;
    if (smaller || (crop == null && (result.height() != height || result.width() != width))) {
      throw new BadImageException(
          "an image of "
              + new Size(result.height(), result.width())
              + " where "
              + new Size(height, width)
              + " is needed");
    }
    return crop == null ? result : result.crop(height, width);
  }
}
