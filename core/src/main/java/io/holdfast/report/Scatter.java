package io.holdfast.report;

import static io.holdfast.report.Html.el;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Points in a plane, those that count filled and joined by a line. It is drawn as it stands in the
 * page and needs no script.
 *
 * @param across what grows to the right, a share in [0, 1]
 * @param up what grows upwards, a share in [0, 1]
 * @param caption what there is to see
 * @param points at least one
 */
public record Scatter(String across, String up, String caption, List<Dot> points) {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;
  private static final int LEFT = 56;
  private static final int BELOW = 44;
  private static final int MARGIN = 16;
  private static final int TICKS = 5; // at most so many steps
  private static final List<Double> STEPS = List.of(0.01, 0.02, 0.05, 0.1, 0.2, 0.25);
  private static final double LEAST_SPAN = 0.02;
  private static final double ROUNDING = 1e-9;
  private static final double LETTER = 7; // wide, in the font of the labels, at most
  private static final double LINE = 13; // high
  private static final int LINES = 5; // above a point and below it, on which its label may stand

  /**
   * A point.
   *
   * @param label shown beside it where it counts, and where the pointer rests on it
   * @param filled whether it counts
   */
  public record Dot(String label, double x, double y, boolean filled) {}

  public Scatter {
    points = List.copyOf(points);
  }

  /**
   * What an axis shows, from one round number to another.
   *
   * @param step between its ticks
   */
  private record Span(double from, double to, double step) {
    static Span of(double[] values) {
      double low = 1;
      double high = 0;
      for (double v : values) {
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
      double wanted = Math.max(LEAST_SPAN, high - low);
      double step = STEPS.stream().filter(s -> wanted / s <= TICKS).findFirst().orElse(1.0);
      double from = Math.min(1 - step, Math.floor(low / step + ROUNDING) * step);
      double to = Math.max(from + step, Math.ceil(high / step - ROUNDING) * step);
      return new Span(Math.max(0, from), Math.min(1, to), step);
    }

    double part(double value) {
      return (value - from) / (to - from);
    }

    /** Ticks, both ends among them. */
    List<Double> ticks() {
      List<Double> ticks = new ArrayList<>();
      for (int i = 0; i <= Math.round((to - from) / step); i++) {
        ticks.add(from + i * step);
      }
      return ticks;
    }

    String words(double tick) {
      return String.format(Locale.ROOT, "%.0f%%", 100 * tick);
    }
  }

  private Span horizontal() {
    return Span.of(points.stream().mapToDouble(Dot::x).toArray());
  }

  private Span vertical() {
    return Span.of(points.stream().mapToDouble(Dot::y).toArray());
  }

  Html figure() {
    List<Html> parts = new ArrayList<>(axes());
    parts.add(front());
    points.forEach(dot -> parts.add(dot(dot)));
    parts.addAll(labels());
    Html.Element svg =
        el("svg", parts.toArray(Html[]::new))
            .with("viewBox", "0 0 " + WIDTH + " " + HEIGHT)
            .with("role", "img")
            .with("aria-label", caption)
            .css("scatter");
    return Parts.figure(svg, caption);
  }

  private double x(double value) {
    return LEFT + (WIDTH - LEFT - MARGIN) * horizontal().part(value);
  }

  private double y(double value) {
    return HEIGHT - BELOW - (HEIGHT - BELOW - MARGIN) * vertical().part(value);
  }

  private List<Html> axes() {
    List<Html> parts = new ArrayList<>();
    Span horizontal = horizontal();
    Span vertical = vertical();
    for (double tick : horizontal.ticks()) {
      parts.add(line(x(tick), y(vertical.from), x(tick), y(vertical.to)));
      String anchor = tick > horizontal.to - ROUNDING ? "end" : "middle"; // or it left the picture
      parts.add(words(horizontal.words(tick), x(tick), HEIGHT - BELOW + 16.0, anchor));
    }
    for (double tick : vertical.ticks()) {
      parts.add(line(x(horizontal.from), y(tick), x(horizontal.to), y(tick)));
      parts.add(words(vertical.words(tick), LEFT - 6.0, y(tick) + 4, "end"));
    }
    parts.add(words(across + " →", (WIDTH + LEFT) / 2.0, HEIGHT - 8.0, "middle"));
    parts.add(words("↑ " + up, LEFT + 6.0, MARGIN + 10.0, "start"));
    return parts;
  }

  private static Html.Element line(double x1, double y1, double x2, double y2) {
    return el("line")
        .with("x1", at(x1))
        .with("y1", at(y1))
        .with("x2", at(x2))
        .with("y2", at(y2))
        .with("stroke", "currentColor")
        .with("stroke-opacity", "0.15");
  }

  private static Html.Element words(String text, double x, double y, String anchor) {
    return el("text", text)
        .with("x", at(x))
        .with("y", at(y))
        .with("text-anchor", anchor)
        .with("font-size", "12")
        .with("fill", "currentColor");
  }

  /** The line through those that count, from left to right. */
  private Html front() {
    StringBuilder path = new StringBuilder();
    points.stream()
        .filter(Dot::filled)
        .sorted(Comparator.comparingDouble(Dot::x))
        .forEach(dot -> path.append(at(x(dot.x()))).append(',').append(at(y(dot.y()))).append(' '));
    return el("polyline")
        .with("points", path.toString().strip())
        .with("fill", "none")
        .with("stroke", "currentColor")
        .with("stroke-opacity", "0.4");
  }

  private Html dot(Dot dot) {
    return el("circle", el("title", dot.label()))
        .with("cx", at(x(dot.x())))
        .with("cy", at(y(dot.y())))
        .with("r", "5")
        .with("stroke", "currentColor")
        .with("fill", dot.filled() ? "currentColor" : "none");
  }

  /** Where a label may stand: beside its point, on a line above or below. */
  private record Place(double x, double y, double width, boolean leftwards) {
    static List<Place> around(double x, double y, double width) {
      List<Place> places = new ArrayList<>();
      for (int line = 0; line < LINES; line++) {
        for (double offset : new double[] {-6 - line * LINE, 4 + (line + 1) * LINE}) {
          places.add(new Place(x + 8, y + offset, width, false));
          places.add(new Place(x - 8, y + offset, width, true));
        }
      }
      return places;
    }

    private double left() {
      return leftwards ? x - width : x;
    }

    boolean isInside() {
      return left() >= LEFT && left() + width <= WIDTH && y >= LINE && y <= HEIGHT - BELOW - 2;
    }

    boolean meets(Place other) {
      boolean across = left() < other.left() + other.width && other.left() < left() + width;
      return across && Math.abs(y - other.y) < LINE;
    }
  }

  /** The labels of those that count, where there is room for them without meeting one another. */
  private List<Html> labels() {
    List<Place> taken = new ArrayList<>();
    List<Html> labels = new ArrayList<>();
    for (Dot dot : points) {
      if (dot.filled()) {
        double width = LETTER * dot.label().length();
        List<Place> all = Place.around(x(dot.x()), y(dot.y()), width);
        Place place =
            all.stream()
                .filter(p -> p.isInside() && taken.stream().noneMatch(p::meets))
                .findFirst()
                .orElse(all.get(0));
        taken.add(place);
        labels.add(words(dot.label(), place.x, place.y, place.leftwards ? "end" : "start"));
      }
    }
    return labels;
  }

  private static String at(double coordinate) {
    return String.format(Locale.ROOT, "%.1f", coordinate);
  }
}
