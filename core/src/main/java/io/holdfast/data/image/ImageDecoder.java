package io.holdfast.data.image;

import io.holdfast.data.image.ImageHeader.BadImageException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes PNG and JPEG through the platform's ImageIO. Values are taken as stored: no colour
 * profile, no gamma, no camera orientation; transparency is dropped; 16 bits are rounded to 8.
 */
final class ImageDecoder {
  private ImageDecoder() {}

  static RawImage decode(byte[] file) throws BadImageException {
    ImageHeader header = ImageHeader.parse(file);
    byte[] reduced = ImageFiles.reduce(header, file);
    BufferedImage image = read(header, reduced);
    RawImage pixels = pixels(image);
    return pixels.withChannels(header.channels());
  }

  private static BufferedImage read(ImageHeader header, byte[] file) throws BadImageException {
    Iterator<ImageReader> readers =
        ImageIO.getImageReadersByFormatName(header.png() ? "png" : "jpeg");
    ImageReader reader = readers.next();
    Warnings warnings = new Warnings();
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
      reader.setInput(in, true, true);
      BufferedImage image = reader.read(0);
      warnings.check();
      if (image.getWidth() != header.width() || image.getHeight() != header.height()) {
        throw new BadImageException("a damaged file (its size is not what its header says)");
      }
      return image;
    } catch (IOException | RuntimeException e) {
      // The platform's decoders report damage by any of these; the file is at fault, not the run.
      String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new BadImageException("a damaged file (" + reason + ")");
    } finally {
      reader.dispose();
    }
  }

  /** What the decoder noticed and repaired by guessing. */
  private static final class Warnings {
    private @Nullable String first;

    void add(String text) {
      if (first == null && !text.contains("extraneous")) {
        first = text;
      }
    }

    void check() throws BadImageException {
      if (first != null) {
        throw new BadImageException("a damaged file (" + first + ")");
      }
    }
  }

  private static RawImage pixels(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    Raster raster = image.getRaster();
    if (image.getColorModel() instanceof IndexColorModel palette) {
      return indexed(
          palette, raster.getSamples(0, 0, width, height, 0, (int[]) null), height, width);
    }
    int channels = raster.getNumBands() >= 3 ? 3 : 1;
    int bits = raster.getSampleModel().getSampleSize(0);
    int most = (1 << bits) - 1;
    int plane = height * width;
    byte[] out = new byte[channels * plane];
    int[] samples = new int[plane];
    for (int c = 0; c < channels; c++) {
      raster.getSamples(0, 0, width, height, c, samples);
      for (int i = 0; i < plane; i++) {
        out[c * plane + i] = (byte) (bits == 8 ? samples[i] : (samples[i] * 255 + most / 2) / most);
      }
    }
    return new RawImage(channels, height, width, out);
  }

  private static RawImage indexed(IndexColorModel palette, int[] codes, int height, int width) {
    int plane = height * width;
    byte[] out = new byte[3 * plane];
    for (int i = 0; i < plane; i++) {
      out[i] = (byte) palette.getRed(codes[i]);
      out[plane + i] = (byte) palette.getGreen(codes[i]);
      out[2 * plane + i] = (byte) palette.getBlue(codes[i]);
    }
    return new RawImage(3, height, width, out);
  }
}
