package io.holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.record.Pixels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PngTest {

  /** Read back by an independent decoder. */
  private static BufferedImage decoded(Pixels pixels) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(Png.encode(pixels)));
  }

  private static float[] random(int size) {
    float[] values = new float[size];
    Random random = new Random(5);
    for (int i = 0; i < size; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  @Test
  void colourKeepsEveryPixel() throws IOException {
    float[] values = random(3 * 5 * 7);
    BufferedImage image = decoded(Pixels.of(values, 3, 5, 7));
    assertThat(image.getWidth()).isEqualTo(7);
    assertThat(image.getHeight()).isEqualTo(5);
    for (int i = 0; i < 35; i++) {
      int expected = 0xff;
      for (int c = 0; c < 3; c++) {
        expected = expected << 8 | Math.round(255 * values[c * 35 + i]);
      }
      assertThat(image.getRGB(i % 7, i / 7)).isEqualTo(expected);
    }
  }

  @Test
  void greyKeepsEveryPixelAndClips() throws IOException {
    BufferedImage image = decoded(Pixels.of(new float[] {-1, 0, 0.5f, 1, 7, 0.2f}, 1, 2, 3));
    int[] levels = image.getRaster().getSamples(0, 0, 3, 2, 0, (int[]) null);
    assertThat(levels).containsExactly(0, 0, 128, 255, 255, 51);
  }

  @Test
  void otherChannelCountsAreAveraged() throws IOException {
    BufferedImage image = decoded(Pixels.of(new float[] {0, 1, 1, 1}, 2, 1, 2));
    int[] levels = image.getRaster().getSamples(0, 0, 2, 1, 0, (int[]) null);
    assertThat(levels).containsExactly(128, 255);
  }
}
