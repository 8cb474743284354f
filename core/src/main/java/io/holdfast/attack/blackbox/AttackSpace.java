package io.holdfast.attack.blackbox;

/**
 * An image of few values that stands for a change of the whole one by bilinear interpolation (Chen
 * et al. 2017, "attack-space dimension reduction"). What a step along one of its coordinates
 * changes is a tent over the pixels around; in a space as fine as the image it is one value.
 */
final class AttackSpace {
  private final Canvas canvas;
  private final Axis down;
  private final Axis across;

  /** Of at most {@code side} rows and columns. */
  AttackSpace(Canvas canvas, int side) {
    this.canvas = canvas;
    down = Axis.of(canvas.height(), Math.min(side, canvas.height()));
    across = Axis.of(canvas.width(), Math.min(side, canvas.width()));
  }

  /** The space as fine as the image. */
  static AttackSpace whole(Canvas canvas) {
    return new AttackSpace(canvas, Math.max(canvas.height(), canvas.width()));
  }

  /** Takes the values of a tent in turn. */
  interface Tent {
    /**
     * Takes one.
     *
     * @param at number of the value in the image
     * @param weight how far it moves when the coordinate moves by 1, above 0
     */
    void value(int at, double weight);
  }

  int rows() {
    return down.weights.length;
  }

  int columns() {
    return across.weights.length;
  }

  /** Number of coordinates. */
  int size() {
    return canvas.channels() * rows() * columns();
  }

  /** The values that a coordinate moves. */
  void visit(int coordinate, Tent tent) {
    int channel = coordinate / (rows() * columns());
    int row = coordinate / columns() % rows();
    int column = coordinate % columns();
    double[] high = down.weights[row];
    double[] wide = across.weights[column];
    for (int i = 0; i < high.length; i++) {
      for (int j = 0; j < wide.length; j++) {
        tent.value(
            canvas.at(channel, down.first[row] + i, across.first[column] + j), high[i] * wide[j]);
      }
    }
  }

  /** One direction: the pixels that each place of the space moves. */
  private static final class Axis {
    final int[] first; // pixel of each place
    final double[][] weights; // of the pixels from there on, above 0

    Axis(int[] first, double[][] weights) {
      this.first = first;
      this.weights = weights;
    }

    static Axis of(int pixels, int places) {
      int[] first = new int[places];
      double[][] weights = new double[places][];
      for (int place = 0; place < places; place++) {
        int from = 0;
        while (weight(from, place, pixels, places) <= 0) {
          from++;
        }
        int to = from;
        while (to < pixels && weight(to, place, pixels, places) > 0) {
          to++;
        }
        first[place] = from;
        weights[place] = new double[to - from];
        for (int pixel = from; pixel < to; pixel++) {
          weights[place][pixel - from] = weight(pixel, place, pixels, places);
        }
      }
      return new Axis(first, weights);
    }

    /** How much of a pixel is the place's, in [0, 1]; for each pixel they sum to 1. */
    private static double weight(int pixel, int place, int pixels, int places) {
      double at = (pixel + 0.5) * places / pixels - 0.5; // between the centres of places
      double inside = Math.min(places - 1, Math.max(0, at));
      return Math.max(0, 1 - Math.abs(inside - place));
    }
  }
}
