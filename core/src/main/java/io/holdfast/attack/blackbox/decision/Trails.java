package io.holdfast.attack.blackbox.decision;

import io.holdfast.common.Seed;
import io.holdfast.threat.Norm;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The trails on which one sample's walk looks for a start, one after the other. */
final class Trails {
  /** Draws of noise before {@link Start#AUTO} turns to images. */
  private static final int FIRST = 30;

  /** Draws of noise in all. */
  private static final int DRAWS = 250;

  private static final List<Start> NOISE =
      List.of(Start.UNIFORM, Start.SALT_AND_PEPPER, Start.GAUSSIAN);

  /** Where few changes are wanted, mostly what changes few values. */
  private static final List<Start> SPARSE_NOISE =
      List.of(
          Start.SALT_AND_PEPPER,
          Start.SALT_AND_PEPPER,
          Start.SALT_AND_PEPPER,
          Start.SALT_AND_PEPPER,
          Start.UNIFORM,
          Start.GAUSSIAN);

  private final Space space;
  private final float[] clean; // [D]
  private final Start start;
  private final boolean targeted;
  private final Supplier<List<float[]>> examples;
  private final Directions uniform;
  private final Directions normal;
  private @Nullable List<float[]> images;
  private int number;

  /**
   * @param targeted whether the goal asks for one class
   * @param examples inputs {@code [D]} of classes that the goal asks for, best first; asked for at
   *     most once
   */
  Trails(
      Space space,
      float[] clean,
      Start start,
      boolean targeted,
      Seed seed,
      Supplier<List<float[]>> examples) {
    this.space = space;
    this.clean = clean;
    this.start = start;
    this.targeted = targeted;
    this.examples = examples;
    uniform = Directions.uniform(seed.split("uniform"), space.size());
    normal = Directions.normal(seed.split("normal"), space.size());
  }

  /** Another trail, or null where there are no more. */
  @Nullable Trail next() {
    int i = number++;
    return switch (start) {
      case IMAGES -> i < images().size() ? image(i) : null;
      case AUTO -> any(i);
      default -> i < DRAWS ? noise(start) : null;
    };
  }

  private @Nullable Trail any(int i) {
    int before = targeted ? 0 : FIRST;
    int among = i < before ? 0 : images().size();
    if (i >= before && i < before + among) {
      return image(i - before);
    }
    int draw = i - among;
    List<Start> kinds = space.norm() == Norm.L0 ? SPARSE_NOISE : NOISE;
    return draw < DRAWS ? noise(kinds.get(draw % kinds.size())) : null;
  }

  private List<float[]> images() {
    if (images == null) {
      images = examples.get();
    }
    return images;
  }

  private Trail image(int i) {
    return Trail.line(space, clean, images().get(i));
  }

  private Trail noise(Start kind) {
    return switch (kind) {
      case GAUSSIAN -> gaussian(normal.next());
      case SALT_AND_PEPPER -> peppered(uniform.next(), uniform.next());
      default -> Trail.line(space, clean, inDomain(uniform.next()));
    };
  }

  /** Values in [-1, 1) spread over the domain, in place. */
  private float[] inDomain(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = space.clamp(space.domain().low() + (values[i] + 1) / 2 * space.domain().width());
    }
    return values;
  }

  private Trail gaussian(float[] noise) {
    Vectors.scale(noise, space.domain().width());
    return Trail.ray(space, clean, noise);
  }

  /**
   * Each value changes once the amount passes a threshold of its own, so that what has changed
   * stays so.
   *
   * @param thresholds in [-1, 1)
   * @param sides below 0 for the lowest value
   */
  private Trail peppered(float[] thresholds, float[] sides) {
    return amount -> {
      float[] point = clean.clone();
      for (int i = 0; i < point.length; i++) {
        if ((thresholds[i] + 1) / 2 < amount) {
          point[i] = space.clamp(sides[i] < 0 ? space.domain().low() : space.domain().high());
        }
      }
      return point;
    };
  }
}
