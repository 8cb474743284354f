package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.View;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Admix (Wang et al. 2021, section 3.2, equation 6): the model sees the image with a part of an
 * image of another class added, which keeps its label; gradients are averaged over several such
 * images, drawn anew at each step among those of the same run. Alone or among its own class only,
 * an image is seen as it is.
 *
 * @param images other images per step, 0 for none; each costs a gradient per scale
 * @param portion of them that is added, in [0, 1]
 */
public record Mixing(int images, double portion) {
  /** The image alone. */
  public static final Mixing NONE = new Mixing(0, 0.2);

  /** The paper's: a fifth of each of three images. */
  public static final Mixing STANDARD = new Mixing(3, 0.2);

  private static final int MOST = 1000;

  public Mixing {
    if (images < 0 || images > MOST) {
      throw new InvalidInputException(
          "attack", "admix", "a whole number from 0 to " + MOST, Integer.toString(images));
    }
    if (!(portion >= 0 && portion <= 1)) {
      throw new InvalidInputException(
          "attack", "portion", "a part in [0, 1]", Double.toString(portion));
    }
  }

  static List<Knob<Mixing>> knobs() {
    return List.of(
        Knobs.whole(
            "admix",
            "images of other classes that are mixed in per step, 0 for none",
            0,
            MOST,
            Mixing::images,
            (m, n) -> new Mixing(n, m.portion)),
        Knobs.where(
            m -> !m.none(),
            "admix is 0",
            Knobs.share(
                "portion",
                "part of them that is added",
                Mixing::portion,
                (m, part) -> new Mixing(m.images, part))));
  }

  boolean none() {
    return images == 0;
  }

  /**
   * What the model sees, one view per image.
   *
   * @param seeds of the step, one per sample
   */
  List<View> views(AttackTask task, List<Seed> seeds) {
    return none()
        ? List.of(View.PLAIN)
        : IntStream.range(0, images).mapToObj(i -> view(task, seeds, i)).toList();
  }

  private View view(AttackTask task, List<Seed> seeds, int draw) {
    List<Seed> own = seeds.stream().map(s -> s.split("admix").split(draw)).toList();
    Tensor others = task.ofOtherLabels(own).mul(portion); // [n, ...]
    return x -> x.add(others);
  }
}
