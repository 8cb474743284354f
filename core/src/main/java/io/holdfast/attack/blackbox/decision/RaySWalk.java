package io.holdfast.attack.blackbox.decision;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** {@link RayS} around one sample. D values of an input. */
final class RaySWalk extends Walk {
  private static final int CORNERS = 50; // tried until one reaches the goal
  private static final int SIMPLE = 2; // the first of them, of one sign
  private static final int COARSE = 8; // blocks of the next ones
  private static final int MOST_HALVINGS = 8; // of those blocks

  private final double tolerance;
  private final RandomGenerator random;
  private float[] signs; // [D], each as far as the domain is wide
  private double far = 1; // how far the boundary is, in widths of the domain
  private int blocks = 1;
  private int block;

  RaySWalk(Site site, double tolerance) {
    super(site);
    this.tolerance = tolerance;
    random = site.seed().generator();
    signs = corner(0);
  }

  /** The highest values, the lowest ones, then random signs by ever smaller blocks. */
  private float[] corner(int number) {
    float[] corner = new float[clean.length];
    Arrays.fill(corner, (float) space.domain().width());
    if (number == 1) {
      turn(corner, 0, 1);
    }
    int some = COARSE << Math.min(number / COARSE, MOST_HALVINGS);
    for (int i = 0; i < some && number >= SIMPLE; i++) {
      if (random.nextBoolean()) {
        turn(corner, i, some);
      }
    }
    return corner;
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
    return begin(site().round() == 0 ? 0 : SIMPLE);
  }

  /** Looks for a corner that reaches the goal. */
  private Step begin(int number) {
    float[] corner = corner(number);
    Trail ray = Trail.ray(space, clean, corner);
    return Step.ask(
        ray.at(1),
        reached ->
            reached ? measure(ray, corner) : number < CORNERS ? begin(number + 1) : turned());
  }

  @Override
  Step from(float[] start) {
    return begin();
  }

  /** Asks whether the boundary is nearer in this direction, and only then how near. */
  private Step attempt(float[] direction) {
    Trail ray = Trail.ray(space, clean, direction);
    return Step.ask(ray.at(far), reached -> reached ? measure(ray, direction) : turned());
  }

  private Step measure(Trail ray, float[] direction) {
    return bisect(
        ray,
        0,
        far,
        tolerance,
        length -> {
          far = length;
          signs = direction;
          return turned();
        });
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
