package io.holdfast.testkit.data;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.record.Pixels;
import io.holdfast.report.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws every corruption at several severities, to look at: {@code CorruptionSheet OUT.png [DATA
 * INDEX...]}. Without data it is {@code docs/corruptions.png}: an image of Fashion-MNIST, grey and
 * tinted. Columns are the types in their order, rows no corruption and severities 1, 3 and 5; with
 * data all severities.
 */
final class CorruptionSheet {
  private static final int ZOOM = 2;

  private CorruptionSheet() {}

  public static void main(String[] arguments) throws IOException {
    Path out = Path.of(arguments[0]);
    List<Pixels> images = new ArrayList<>();
    int[] severities = {0, 1, 3, 5};
    if (arguments.length == 1) {
      float[] grey = FashionMnist.test().read(0);
      images.add(Pixels.of(grey, 1, 28, 28));
      images.add(tinted(FashionMnist.test().read(7)));
    } else {
      severities = new int[] {0, 1, 2, 3, 4, 5};
      Dataset data = Datasets.open(arguments[1]);
      List<Integer> shape = data.info().shape();
      for (int i = 2; i < arguments.length; i++) {
        float[] image = data.read(Integer.parseInt(arguments[i]));
        images.add(Pixels.of(image, shape.get(0), shape.get(1), shape.get(2)));
      }
    }
    Files.write(out, Png.encode(sheet(images, severities)));
  }

  /** Grey values as the brightness of a warm thing before a blue wall that darkens downwards. */
  private static Pixels tinted(float[] grey) {
    float[] colour = new float[3 * grey.length];
    float[] thing = {0.9f, 0.55f, 0.25f};
    float[] wall = {0.25f, 0.5f, 0.75f};
    for (int i = 0; i < colour.length; i++) {
      float value = grey[i % grey.length];
      float share = Math.min(1, 4 * value);
      float light = 1 - 0.5f * (i % grey.length) / grey.length;
      int k = i / grey.length;
      colour[i] = share * thing[k] * (0.4f + 0.6f * value) + (1 - share) * wall[k] * light;
    }
    return Pixels.of(colour, 3, 28, 28);
  }

  private static Pixels sheet(List<Pixels> images, int[] severities) {
    int side = images.get(0).height();
    int width = side * Corruption.ALL.size() * ZOOM;
    int height = side * severities.length * images.size() * ZOOM;
    float[] sheet = new float[3 * width * height];
    for (int n = 0; n < images.size(); n++) {
      for (int s = 0; s < severities.length; s++) {
        for (Corruption type : Corruption.ALL) {
          Pixels tile = corrupted(images.get(n), type, severities[s]);
          paste(tile, sheet, width, (n * severities.length + s) * side, type.number() * side);
        }
      }
    }
    return Pixels.of(sheet, 3, height, width);
  }

  private static Pixels corrupted(Pixels image, Corruption type, int severity) {
    float[] x = image.values().clone();
    if (severity > 0) {
      type.apply(x, image.channels(), image.height(), image.width(), severity, new Seed(1));
    }
    return Pixels.of(x, image.channels(), image.height(), image.width());
  }

  private static void paste(Pixels tile, float[] sheet, int width, int top, int left) {
    int plane = sheet.length / 3;
    int own = tile.height() * tile.width();
    for (int k = 0; k < 3; k++) {
      for (int y = 0; y < tile.height() * ZOOM; y++) {
        for (int x = 0; x < tile.width() * ZOOM; x++) {
          int from = y / ZOOM * tile.width() + x / ZOOM + (tile.channels() == 3 ? k * own : 0);
          int to = k * plane + (top * ZOOM + y) * width + left * ZOOM + x;
          sheet[to] = tile.values()[from];
        }
      }
    }
  }
}
