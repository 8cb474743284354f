package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The generations of {@link OnePixel}. A candidate has for each pixel row, column and C values, G =
 * pixels (2 + C) numbers; each child competes with the candidate in whose place it was made. What
 * leaves its range is drawn anew from it, which the paper leaves open.
 */
final class EvolutionWalk extends Population {
  private static final double MIDDLE = 128 / 255.0;
  private static final double SPREAD = 127 / 255.0;

  private final double scale;
  private final int stride; // 2 + C
  private final double[][] parents; // [members][G]
  private final double[][] children; // [members][G]
  private final double[] worth; // [members], of the parents

  EvolutionWalk(OnePixel attack, Canvas canvas, float[] clean, RandomGenerator random) {
    super(attack.population(), canvas, clean, random);
    scale = attack.scale();
    stride = 2 + canvas.channels();
    int genes = Math.min(canvas.pixels(), (int) canvas.epsilon()) * stride;
    parents = new double[members][genes];
    children = new double[members][genes];
    worth = new double[members];
    Arrays.fill(worth, Double.NEGATIVE_INFINITY);
    for (double[] child : children) {
      Arrays.setAll(child, this::first);
    }
  }

  /** Places uniformly, values normal around the middle of the domain. */
  private double first(int gene) {
    if (gene % stride < 2) {
      return anywhere(gene);
    }
    double value = MIDDLE + SPREAD * random.nextGaussian();
    return canvas.clamp(canvas.domain().low() + canvas.domain().width() * value);
  }

  @Override
  void render(int member) {
    System.arraycopy(clean, 0, next, 0, next.length);
    double[] genes = children[member];
    for (int at = 0; at < genes.length; at += stride) {
      for (int c = 0; c < canvas.channels(); c++) {
        next[canvas.at(c, (int) genes[at], (int) genes[at + 1])] = canvas.clamp(genes[at + 2 + c]);
      }
    }
  }

  @Override
  void answer(int member, double loss) {
    if (loss > worth[member]) {
      worth[member] = loss;
      System.arraycopy(children[member], 0, parents[member], 0, parents[member].length);
    }
  }

  /** One candidate plus F times the difference of two others, all distinct (equation 3). */
  @Override
  int breed() {
    for (int m = 0; m < members; m++) {
      int first = other(m, m, m);
      int second = other(m, first, first);
      int third = other(m, first, second);
      double[] base = parents[first];
      double[] plus = parents[second];
      double[] minus = parents[third];
      for (int gene = 0; gene < base.length; gene++) {
        children[m][gene] = inside(gene, base[gene] + scale * (plus[gene] - minus[gene]));
      }
    }
    return 0;
  }

  private int other(int a, int b, int c) {
    int drawn = random.nextInt(members);
    while (drawn == a || drawn == b || drawn == c) {
      drawn = random.nextInt(members);
    }
    return drawn;
  }

  private double inside(int gene, double value) {
    return value >= low(gene) && value <= high(gene) && !atEnd(gene, value)
        ? value
        : anywhere(gene);
  }

  /** Rows and columns end before their number. */
  private boolean atEnd(int gene, double value) {
    return gene % stride < 2 && value == high(gene);
  }

  private double anywhere(int gene) {
    return low(gene) + (high(gene) - low(gene)) * random.nextDouble();
  }

  private double low(int gene) {
    return gene % stride < 2 ? 0 : canvas.domain().low();
  }

  private double high(int gene) {
    return switch (gene % stride) {
      case 0 -> canvas.height();
      case 1 -> canvas.width();
      default -> canvas.domain().high();
    };
  }
}
