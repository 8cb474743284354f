package io.holdfast.attack.blackbox.decision;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** {@link RayS} around one sample. D values of an input. */
final class RaySWalk extends Walk {
  private static final int RANDOM_BLOCKS = 8; // of the first direction of later rounds

  private final double tolerance;
  private float[] signs; // [D], each as far as the domain is wide
  private double far = 1; // how far the boundary is, in widths of the domain
  private int blocks = 1;
  private int block;

  RaySWalk(Site site, double tolerance) {
    super(site);
    this.tolerance = tolerance;
    signs = new float[clean.length];
    Arrays.fill(signs, (float) space.domain().width());
    if (site.round() > 0) {
      RandomGenerator random = site.seed().generator();
      for (int i = 0; i < RANDOM_BLOCKS; i++) {
        if (random.nextBoolean()) {
          turn(signs, i, RANDOM_BLOCKS);
        }
      }
    }
  }

  /** Turns one of so many blocks. */
  private static void turn(float[] signs, int block, int blocks) {
    int size = (signs.length + blocks - 1) / blocks;
    int end = Math.min(signs.length, (block + 1) * size);
    for (int i = block * size; i < end; i++) {
      signs[i] = -signs[i];
    }
  }

  @Override
  Step begin() {
    return attempt(signs);
  }

  @Override
  Step from(float[] start) {
    return begin();
  }

  /** Asks whether the boundary is nearer in this direction, and only then how near. */
  private Step attempt(float[] direction) {
    Trail ray = Trail.ray(space, clean, direction);
    return Step.ask(
        ray.at(far),
        reached ->
            reached
                ? bisect(
                    ray,
                    0,
                    far,
                    tolerance,
                    length -> {
                      far = length;
                      signs = direction;
                      return turned();
                    })
                : turned());
  }

  /** The next block; after the last one, blocks half as large, down to single values. */
  private Step turned() {
    if (block == blocks || block * size() >= signs.length) {
      block = 0;
      blocks = blocks >= signs.length ? blocks : 2 * blocks;
    }
    float[] direction = signs.clone();
    turn(direction, block, blocks);
    block++;
    return attempt(direction);
  }

  private int size() {
    return (signs.length + blocks - 1) / blocks;
  }
}
