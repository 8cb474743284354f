package io.holdfast.attack.gradient;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.View;
import io.holdfast.common.InvalidInputException;
import io.holdfast.model.DifferentiableJpeg;
import io.holdfast.threat.Domain;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The model sees what JPEG leaves of the image, so that the change survives being saved: gradients
 * are averaged over several qualities, each through the differentiable approximation of Shin and
 * Song 2017, section 3. Images of one or three channels only; the domain's ends are black and
 * white.
 *
 * @param qualities how many, evenly from the lowest to the highest; 0 for no compression
 * @param lowest quality, in [1, 100]
 * @param highest quality, in [lowest, 100]
 */
public record Compression(int qualities, int lowest, int highest) {
  /** The image as it is. */
  public static final Compression NONE = new Compression(0, 50, 90);

  /** Three qualities. */
  public static final Compression STANDARD = new Compression(3, 50, 90);

  private static final int MOST = 100;

  public Compression {
    if (qualities < 0 || qualities > MOST) {
      throw new InvalidInputException(
          "attack", "jpeg", "a whole number from 0 to " + MOST, Integer.toString(qualities));
    }
    if (lowest < 1 || highest > MOST || lowest > highest) {
      throw new InvalidInputException(
          "attack", "quality", "1 to 100, the lower first", lowest + " and " + highest);
    }
  }

  /** One quality. */
  public static Compression at(int quality) {
    return new Compression(1, quality, quality);
  }

  static List<Knob<Compression>> knobs() {
    return List.of(
        Knobs.whole(
            "jpeg",
            "JPEG qualities over which gradients are averaged, 0 for no compression",
            0,
            MOST,
            Compression::qualities,
            (c, n) -> new Compression(n, c.lowest, c.highest)),
        Knobs.where(
            c -> !c.none(),
            "jpeg is 0",
            Knobs.whole(
                "quality",
                "the lowest of them, 1 to 100; raises the highest where it is above it",
                1,
                MOST,
                Compression::lowest,
                (c, q) -> new Compression(c.qualities, q, Math.max(q, c.highest)))),
        Knobs.where(
            c -> !c.none(),
            "jpeg is 0",
            Knobs.whole(
                "best_quality",
                "the highest of them; lowers the lowest where it is below it",
                1,
                MOST,
                Compression::highest,
                (c, q) -> new Compression(c.qualities, Math.min(q, c.lowest), q))));
  }

  boolean none() {
    return qualities == 0;
  }

  /** What the model sees, one view per quality; the image itself where there is none. */
  List<View> views(Domain domain) {
    return none()
        ? List.of(View.PLAIN)
        : IntStream.range(0, qualities).mapToObj(i -> view(quality(i), domain)).toList();
  }

  private int quality(int i) {
    double share = qualities == 1 ? 0 : i / (qualities - 1.0);
    return (int) Math.round(lowest + share * (highest - lowest));
  }

  private static View view(int quality, Domain domain) {
    DifferentiableJpeg jpeg = new DifferentiableJpeg(quality);
    double low = domain.low();
    double width = domain.width();
    return x -> jpeg.soften(x.sub(low).mul(1 / width)).mul(width).add(low);
  }
}
