package io.holdfast.attack.universal;

import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.common.InvalidInputException;
import java.util.List;

/**
 * The transformations that a patch is made to survive, each drawn uniformly: any place in the
 * image, an angle and a scale.
 *
 * @param degrees the largest angle, in [0, 180]
 * @param smallest the least scale as a part of the full size, in (0, 1]; never below two pixels
 * @param round whether the patch is a disc, which fills its box whatever its angle; else a square
 */
public record Poses(double degrees, double smallest, boolean round) {
  /** The angle and the least scale of Brown et al.'s own program, which also takes discs. */
  public static final Poses STANDARD = new Poses(22.5, 0.3, true);

  /** A square at any place, upright and of full size. */
  public static final Poses PLACES = new Poses(0, 1, false);

  public Poses {
    if (!(degrees >= 0 && degrees <= 180)) {
      throw new InvalidInputException(
          "attack", "degrees", "an angle in [0, 180]", Double.toString(degrees));
    }
    if (!(smallest > 0 && smallest <= 1)) {
      throw new InvalidInputException(
          "attack", "smallest", "a scale in (0, 1]", Double.toString(smallest));
    }
  }

  /** The same without scaling. */
  Poses atFullSize() {
    return new Poses(degrees, 1, round);
  }

  static List<Knob<Poses>> knobs() {
    return List.of(
        Knobs.number(
            "degrees",
            "largest rotation of the patch",
            0,
            180,
            Poses::degrees,
            (p, angle) -> new Poses(angle, p.smallest, p.round)),
        Knobs.number(
            "smallest",
            "least size of the patch as a part of its full size",
            0.01,
            1,
            Poses::smallest,
            (p, scale) -> new Poses(p.degrees, scale, p.round)),
        Knobs.flag(
            "round",
            "whether the patch is a disc instead of a square",
            Poses::round,
            (p, disc) -> new Poses(p.degrees, p.smallest, disc)));
  }
}
