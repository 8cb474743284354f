package io.holdfast.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How training went.
 *
 * @param loss training loss by epoch (fractions of an epoch where measured per step)
 * @param clean accuracy on unperturbed validation images by epoch
 * @param robust accuracy on attacked validation images by epoch
 * @param weakest that of the class which stands worst, under attack where there is one
 * @param course what changed on the way
 * @param notes what else happened, one sentence each
 */
public record LearningCurves(
    List<Point> loss,
    List<Point> clean,
    List<Point> robust,
    List<Weakest> weakest,
    Course course,
    List<String> notes) {
  private static final int MOST_POINTS = 200;

  /** One measurement. */
  public record Point(double epoch, double value) {}

  /**
   * The class that stands worst.
   *
   * @param value its accuracy in [0, 1]
   * @param samples of the class that were looked at, possibly few
   */
  public record Weakest(double epoch, double value, long samples) {}

  /**
   * What changed in the course of training.
   *
   * @param own accuracy on training's own adversarial examples by epoch
   * @param probes accuracy of looks for catastrophic overfitting, on held-out images
   * @param epsilon radius of the inner maximisation; empty where it is always the same
   * @param weakness of classes, where it decides which samples are drawn more often
   */
  public record Course(
      List<Point> own, List<Point> probes, List<Point> epsilon, List<Weakness> weakness) {
    /** Nothing changed. */
    static final Course NONE = new Course(List.of(), List.of(), List.of(), List.of());

    /** Copies the lists. */
    public Course {
      own = List.copyOf(own);
      probes = List.copyOf(probes);
      epsilon = List.copyOf(epsilon);
      weakness = List.copyOf(weakness);
    }
  }

  /**
   * How weak classes were found to be at an epoch's end.
   *
   * @param classes in [0, 1], by label
   */
  public record Weakness(double epoch, Map<Integer, Double> classes) {
    /** Copies the map. */
    public Weakness {
      classes = Collections.unmodifiableMap(new TreeMap<>(classes));
    }
  }

  /** Copies the lists. */
  public LearningCurves {
    loss = List.copyOf(loss);
    clean = List.copyOf(clean);
    robust = List.copyOf(robust);
    weakest = List.copyOf(weakest);
    notes = List.copyOf(notes);
  }

  /** Training of which there is nothing else to tell. */
  public LearningCurves(List<Point> loss, List<Point> clean, List<Point> robust) {
    this(loss, clean, robust, List.of(), Course.NONE, List.of());
  }

  /** No curves: the model was not trained here. */
  public static LearningCurves none() {
    return new LearningCurves(List.of(), List.of(), List.of());
  }

  /**
   * Reads {@code metrics.jsonl}: loss and radius of each line with {@code "event": "step"},
   * averaged down to at most {@value #MOST_POINTS} points, the accuracies and weaknesses of each
   * with {@code "event": "epoch"}, and those of probes; all at {@code epoch}. After {@code "event":
   * "rollback"} what lies behind {@code to_epoch} is forgotten but for a note; {@code "event":
   * "stage"} is a note as well. What is missing or not finite is left out, and so is a last line
   * that was cut off while it was written.
   *
   * @throws InvalidInputException if the file cannot be read or another line is not JSON
   */
  public static LearningCurves read(Path metrics) {
    List<Point> loss = new ArrayList<>();
    List<Point> clean = new ArrayList<>();
    List<Point> robust = new ArrayList<>();
    List<Weakest> weakest = new ArrayList<>();
    List<Point> own = new ArrayList<>();
    List<Point> probes = new ArrayList<>();
    List<Point> epsilon = new ArrayList<>();
    List<Weakness> weakness = new ArrayList<>();
    double now = 0; // epochs
    List<String> notes = new ArrayList<>();
    for (JsonNode line : lines(metrics)) {
      String event = line.path("event").asText();
      if (event.equals("step")) {
        add(loss, line, "loss");
        add(epsilon, line, "epsilon");
        now = line.path("epoch").asDouble(now);
      } else if (event.equals("epoch")) {
        add(clean, line, "clean_accuracy");
        add(robust, line, "robust_accuracy");
        addWeakest(weakest, line);
        add(own, line, "train_robust_accuracy");
        addWeakness(weakness, line);
      } else if (event.equals("probe") && line.has("robust_accuracy")) {
        probes.add(new Point(now, line.path("robust_accuracy").asDouble()));
      } else if (event.equals("stage")) {
        notes.add(stage(line));
      } else if (event.equals("rollback")) {
        double to = line.path("to_epoch").asDouble(Double.NaN);
        loss.removeIf(point -> point.epoch() > to);
        clean.removeIf(point -> point.epoch() >= to);
        robust.removeIf(point -> point.epoch() >= to);
        weakest.removeIf(point -> point.epoch() >= to);
        own.removeIf(point -> point.epoch() >= to);
        probes.removeIf(point -> point.epoch() > to);
        epsilon.removeIf(point -> point.epoch() > to);
        weakness.removeIf(point -> point.epoch() >= to);
        now = Double.isFinite(to) ? to : now;
        notes.add(rollback(line));
      }
    }
    boolean same = epsilon.stream().mapToDouble(Point::value).distinct().count() < 2;
    Course course = new Course(own, probes, same ? List.of() : thinned(epsilon), weakness);
    return new LearningCurves(thinned(loss), clean, robust, weakest, course, notes);
  }

  private static String stage(JsonNode line) {
    return "Stage "
        + line.path("stage").asText()
        + " ("
        + line.path("objective").asText()
        + ") begins after epoch "
        + Numbers.significant(line.path("epoch").asDouble(), 4)
        + ".";
  }

  private static String rollback(JsonNode line) {
    return "At step "
        + line.path("step").asLong()
        + " the model was overfitted to training's own attack (accuracy under PGD "
        + Numbers.percent(line.path("robust_accuracy").asDouble())
        + standard(line)
        + "); training went back to step "
        + line.path("to").asLong()
        + ", remedy: "
        + line.path("remedy").asText()
        + ".";
  }

  private static String standard(JsonNode line) {
    double best = line.path("best_accuracy").asDouble(); // 0 where no probe stood before
    return best == 0 && line.has("own_accuracy")
        ? ", under its own attack " + Numbers.percent(line.path("own_accuracy").asDouble())
        : ", at best " + Numbers.percent(best);
  }

  private static List<JsonNode> lines(Path metrics) {
    String text;
    try {
      text = Files.readString(metrics);
    } catch (IOException e) {
      throw new InvalidInputException(
          metrics.toString(), "", "a readable UTF-8 file of metrics", e.toString());
    }
    List<JsonNode> nodes = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      String source = metrics + " line " + (nodes.size() + 1);
      nodes.add(Json.parse(text.substring(start, end), source));
      start = end + 1;
    }
    return nodes;
  }

  private static void add(List<Point> points, JsonNode line, String key) {
    double epoch = line.path("epoch").asDouble(Double.NaN);
    double value = line.path(key).asDouble(Double.NaN);
    if (Double.isFinite(epoch) && Double.isFinite(value)) {
      points.add(new Point(epoch, value));
    }
  }

  private static void addWeakest(List<Weakest> weakest, JsonNode line) {
    List<Point> points = new ArrayList<>();
    add(points, line, "weakest_class_accuracy");
    long samples = line.path("weakest_class_samples").asLong();
    points.forEach(p -> weakest.add(new Weakest(p.epoch(), p.value(), samples)));
  }

  private static void addWeakness(List<Weakness> weakness, JsonNode line) {
    Map<Integer, Double> classes = new TreeMap<>();
    line.path("class_weakness")
        .properties()
        .forEach(of -> classes.put(Integer.valueOf(of.getKey()), of.getValue().asDouble()));
    if (!classes.isEmpty()) {
      weakness.add(new Weakness(line.path("epoch").asDouble(), classes));
    }
  }

  /** Means over runs of equal length, at the end of each run. */
  private static List<Point> thinned(List<Point> points) {
    int run = (points.size() + MOST_POINTS - 1) / MOST_POINTS;
    if (run <= 1) {
      return points;
    }
    List<Point> means = new ArrayList<>();
    for (int from = 0; from < points.size(); from += run) {
      List<Point> group = points.subList(from, Math.min(points.size(), from + run));
      double mean = group.stream().mapToDouble(Point::value).average().orElseThrow();
      means.add(new Point(group.get(group.size() - 1).epoch(), mean));
    }
    return means;
  }

  boolean isEmpty() {
    return loss.isEmpty() && clean.isEmpty() && robust.isEmpty();
  }
}
