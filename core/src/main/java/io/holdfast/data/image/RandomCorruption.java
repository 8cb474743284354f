package io.holdfast.data.image;

import io.holdfast.common.Seed;
import io.holdfast.data.image.corruption.Corruption;
import java.util.List;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Spoils some images by one of the common corruptions (Hendrycks and Dietterich 2019) each, of a
 * severity from 1 to the highest. Type, severity and random stream are drawn as evaluation draws
 * them for an attack within {@code corruption:SEVERITY}, so that what training sees lies in that
 * threat model. A model that was trained on the 15 types of the benchmark is judged there on what
 * it has seen; {@link Types#EXTRA} leaves them unseen.
 *
 * @param share chance of each image in each epoch to be corrupted, in [0, 1]
 * @param severity the highest, from 1 to 5
 * @param types from which one is drawn, each as likely
 */
public record RandomCorruption(double share, int severity, Types types) implements ImageTransform {
  /** Random streams of a corruption, as many as its threat model has. */
  private static final int STREAMS = 1 << 24;

  /** Which corruptions. */
  public enum Types {
    /** The 15 of the benchmark. */
    COMMON(type -> type.family() != Corruption.Family.EXTRA),
    /** The 4 that its authors keep for tuning. */
    EXTRA(type -> type.family() == Corruption.Family.EXTRA),
    /** All 19. */
    ALL(type -> true);

    @SuppressWarnings("ImmutableEnumChecker") // without state
    private final Predicate<Corruption> which;

    Types(Predicate<Corruption> which) {
      this.which = which;
    }

    /** Those that change images of so many channels, in the order of their numbers. */
    List<Corruption> of(int channels) {
      return Corruption.ALL.stream().filter(which).filter(t -> t.changes(channels)).toList();
    }
  }

  public RandomCorruption {
    if (!(share >= 0 && share <= 1) || severity < 1 || severity > Corruption.SEVEREST) {
      throw new IllegalArgumentException(
          "share in [0, 1] and severity from 1 to 5, found " + share + " and " + severity);
    }
  }

  @Override
  public void apply(float[] pixels, int c, int h, int w, RandomGenerator random) {
    if (random.nextDouble() >= share) {
      return;
    }
    List<Corruption> drawnFrom = types.of(c);
    Corruption type = drawnFrom.get(random.nextInt(drawnFrom.size()));
    int level = 1 + random.nextInt(severity);
    type.apply(pixels, c, h, w, level, new Seed(random.nextInt(STREAMS)));
  }

  @Override
  public @Nullable String lacks(int c, int h, int w) {
    return Corruption.takes(c, h, w)
        ? null
        : "images [1 or 3, H, W] of at least 8x8 for " + Augmentation.CORRUPTION;
  }
}
