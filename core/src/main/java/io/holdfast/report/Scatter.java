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
  private static final int TICKS = 4;
  private static final double LEAST_SPAN = 0.02;

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

  /** What an axis shows. */
  private record Span(double from, double to) {
    static Span of(double[] values) {
      double low = 1;
      double high = 0;
      for (double v : values) {
        low = Math.min(low, v);
        high = Math.max(high, v);
      }
      double more = Math.max(LEAST_SPAN, (high - low) / 10);
      return new Span(Math.max(0, low - more), Math.min(1, high + more));
    }

    double part(double value) {
      return (value - from) / (to - from);
    }

    double tick(int i) {
      return from + (to - from) * i / TICKS;
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
    for (int i = 0; i <= TICKS; i++) {
      double across = horizontal().tick(i);
      double upwards = vertical().tick(i);
      parts.add(line(x(across), y(vertical().from), x(across), y(vertical().to)));
      parts.add(line(x(horizontal().from), y(upwards), x(horizontal().to), y(upwards)));
      String anchor = i == TICKS ? "end" : "middle"; // the last one would leave the picture
      parts.add(words(Numbers.percent(across), x(across), HEIGHT - BELOW + 16.0, anchor));
      parts.add(words(Numbers.percent(upwards), LEFT - 6.0, y(upwards) + 4, "end"));
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
    Html.Element circle =
        el("circle", el("title", dot.label()))
            .with("cx", at(x(dot.x())))
            .with("cy", at(y(dot.y())))
            .with("r", "5")
            .with("stroke", "currentColor")
            .with("fill", dot.filled() ? "currentColor" : "none");
    return dot.filled()
        ? Html.all(circle, words(dot.label(), x(dot.x()) + 8, y(dot.y()) - 6, "start"))
        : circle;
  }

  private static String at(double coordinate) {
    return String.format(Locale.ROOT, "%.1f", coordinate);
  }
}
