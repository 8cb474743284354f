package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** The steps of {@link Pixle}: a generation is the tries of a step from one image. */
final class PixleWalk extends Population {
  private static final int SHARE = 4; // of the pixels that may differ, a patch has at most one in

  private final Pixle attack;
  private final int budget; // most pixels that may differ
  private final Copies[] tries; // [members]
  private final float[] image; // [D], that the tries start from
  private final int[] places; // all pixels, in an order that is shuffled as needed

  PixleWalk(Pixle attack, Canvas canvas, float[] clean, RandomGenerator random) {
    super(attack.tries(), canvas, clean, random);
    this.attack = attack;
    budget = (int) Math.min(canvas.pixels(), canvas.epsilon());
    image = clean.clone();
    places = Draws.permutation(canvas.pixels(), random);
    tries = new Copies[members];
    draw();
  }

  /** Pixels that take the colour of others in the image, and such that go back. */
  private static final class Copies {
    final int[] from;
    final int[] to; // as many, all distinct
    final int[] undone; // changed pixels that take their clean colour

    Copies(int[] from, int[] to, int[] undone) {
      this.from = from;
      this.to = to;
      this.undone = undone;
    }
  }

  @Override
  void render(int member) {
    System.arraycopy(image, 0, next, 0, next.length);
    Copies copies = tries[member];
    for (int i = 0; i < copies.from.length; i++) {
      canvas.copyPixel(image, copies.from[i], next, copies.to[i]);
    }
    for (int pixel : copies.undone) {
      canvas.copyPixel(clean, pixel, next, pixel);
    }
  }

  /** {@link #best} is the best of all tries already. */
  @Override
  void answer(int member, double loss) {}

  @Override
  int breed() {
    System.arraycopy(best, 0, image, 0, image.length);
    draw();
    return 0;
  }

  private void draw() {
    for (int m = 0; m < members; m++) {
      tries[m] = copies();
    }
  }

  private Copies copies() {
    int most = budget == 0 ? 0 : Math.max(1, budget / SHARE);
    int wide = side(canvas.width());
    int high = side(canvas.height());
    while (wide * high > most) {
      if (wide >= high) {
        wide--;
      } else {
        high--;
      }
    }
    int count = wide * high;
    int top = random.nextInt(canvas.height() - high + 1);
    int left = random.nextInt(canvas.width() - wide + 1);
    int[] from = new int[count];
    for (int i = 0; i < count; i++) {
      from[i] = (top + i / wide) * canvas.width() + left + i % wide;
    }
    int[] to = destinations(from);
    return new Copies(from, to, undone(from, to));
  }

  /** One place for each pixel, all distinct. */
  private int[] destinations(int[] from) {
    if (attack.mapping() == Pixle.Mapping.RANDOM) {
      Draws.shuffleFront(places, from.length, random);
      return Arrays.copyOf(places, from.length);
    }
    return new PixelMapping(attack.mapping(), canvas, image).of(from, random);
  }

  private int side(int most) {
    int upper = Math.min(most, Math.max(attack.least(), attack.most()));
    int lower = Math.min(upper, attack.least());
    return lower + random.nextInt(upper - lower + 1);
  }

  /** Changed pixels, none of the destinations, that have to go back. */
  private int[] undone(int[] from, int[] to) {
    boolean[] taken = new boolean[canvas.pixels()];
    int changed = 0;
    for (int i = 0; i < to.length; i++) {
      taken[to[i]] = true;
      changed += colourIsClean(from[i], to[i]) ? 0 : 1;
    }
    int[] older = new int[canvas.pixels()];
    int count = 0;
    for (int pixel = 0; pixel < taken.length; pixel++) {
      if (!taken[pixel] && !canvas.samePixel(image, clean, pixel)) {
        older[count++] = pixel;
      }
    }
    int surplus = Math.max(0, changed + count - budget);
    int[] candidates = Arrays.copyOf(older, count);
    Draws.shuffleFront(candidates, surplus, random);
    return Arrays.copyOf(candidates, surplus);
  }

  /** Whether a copy leaves its destination as it is in the clean image. */
  private boolean colourIsClean(int from, int to) {
    for (int c = 0; c < canvas.channels(); c++) {
      if (image[c * canvas.pixels() + from] != clean[c * canvas.pixels() + to]) {
        return false;
      }
    }
    return true;
  }
}
