package io.holdfast.train;

import io.holdfast.common.SettingsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * A number that changes with training's progress z in [0, 1]: constant, a linear ramp, or stages.
 * Curricula on epsilon, steps and mix are curves.
 *
 * @param points at least one, z strictly ascending from 0
 * @param linear true to interpolate between points, false to hold each value until the next
 */
public record Curve(List<Point> points, boolean linear) {
  /**
   * One point of a curve.
   *
   * @param at progress z in [0, 1]
   * @param value the number from there on
   */
  public record Point(double at, double value) {}

  /**
   * All of it.
   *
   * @throws IllegalArgumentException if the points do not ascend from 0
   */
  public Curve {
    points = List.copyOf(points);
    if (points.isEmpty() || points.get(0).at() != 0) {
      throw new IllegalArgumentException("a curve starts at progress 0");
    }
    for (int i = 1; i < points.size(); i++) {
      if (points.get(i).at() <= points.get(i - 1).at()) {
        throw new IllegalArgumentException("a curve's points ascend in progress");
      }
    }
  }

  public static Curve constant(double value) {
    return new Curve(List.of(new Point(0, value)), false);
  }

  /**
   * Linear from {@code from} at the start to {@code to} at progress {@code until}, then level.
   *
   * @param until in (0, 1]
   * @throws IllegalArgumentException if it is not above 0
   */
  public static Curve ramp(double from, double to, double until) {
    return new Curve(List.of(new Point(0, from), new Point(until, to)), true);
  }

  /** The value at progress z. */
  public double at(double z) {
    Point last = points.get(0);
    for (Point next : points.subList(1, points.size())) {
      if (z < next.at()) {
        return linear
            ? last.value()
                + (next.value() - last.value()) * (z - last.at()) / (next.at() - last.at())
            : last.value();
      }
      last = next;
    }
    return last.value();
  }

  /** The same curve in parts of a number; that number itself becomes exactly 1. */
  public Curve dividedBy(double whole) {
    return new Curve(
        points.stream().map(p -> new Point(p.at(), p.value() / whole)).toList(), linear);
  }

  /** Whether it is the same all the time. */
  boolean isConstant() {
    return points.stream().allMatch(p -> p.value() == points.get(0).value());
  }

  /** The highest value. */
  public double maximum() {
    return points.stream().mapToDouble(Point::value).max().orElseThrow();
  }

  /** The lowest value. */
  public double minimum() {
    return points.stream().mapToDouble(Point::value).min().orElseThrow();
  }

  /** Whether it is below another one at every progress. */
  boolean isBelow(Curve other) {
    return DoubleStream.concat(turns(), other.turns())
        .allMatch(z -> at(z) < other.at(z) && at(Math.nextDown(z)) < other.at(Math.nextDown(z)));
  }

  private DoubleStream turns() {
    return points.stream().mapToDouble(Point::at);
  }

  /**
   * Reads a plain number, {@code {from, to, until}} or {@code {stages: [{at, value}, ...]}}.
   *
   * @param fallback where the key is missing
   * @param min smallest allowed value
   * @param max largest allowed value
   */
  public static Curve read(
      SettingsReader reader, String key, Curve fallback, double min, double max) {
    if (!reader.has(key)) {
      return fallback;
    }
    if (!reader.isSection(key)) {
      return constant(reader.number(key, min, max));
    }
    SettingsReader section = reader.section(key);
    if (section.has("stages")) {
      return stages(section, min, max);
    }
    double from = section.number("from", min, max);
    double to = section.number("to", min, max);
    double until = section.number("until", 1.0, 1e-6, 1);
    return ramp(from, to, until);
  }

  private static Curve stages(SettingsReader section, double min, double max) {
    List<Point> points = new ArrayList<>();
    for (SettingsReader stage : section.sections("stages")) {
      int before = section.problems().list().size();
      double at = stage.number("at", 0, 1);
      double value = stage.number("value", min, max);
      boolean read = section.problems().list().size() == before; // else it is told already
      if (points.isEmpty()) {
        if (read && at != 0) {
          stage.reject("at", "0 in the first stage", Double.toString(at), null);
        }
        points.add(new Point(0, value));
      } else if (at > points.get(points.size() - 1).at()) {
        points.add(new Point(at, value));
      } else if (read) {
        stage.reject("at", "more than the stage before", Double.toString(at), null);
      }
    }
    if (points.isEmpty()) {
      section.reject("stages", "at least one stage", "none", null);
      points.add(new Point(0, min));
    }
    return new Curve(points, false);
  }

  /** What {@link #read} reads, such as {@code 0.5} or {@code {from: 0, to: 1, until: 0.5}}. */
  @Override
  public String toString() {
    if (points.size() == 1) {
      return Double.toString(points.get(0).value());
    }
    if (linear && points.size() == 2) {
      return "{from: %s, to: %s, until: %s}"
          .formatted(points.get(0).value(), points.get(1).value(), points.get(1).at());
    }
    return points.stream()
        .map(p -> "{at: %s, value: %s}".formatted(p.at(), p.value()))
        .collect(Collectors.joining(", ", linear ? "{line: [" : "{stages: [", "]}"));
  }
}
