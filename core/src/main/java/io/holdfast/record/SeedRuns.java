package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Runs of one experiment that differ in their seed alone, judged on the same samples.
 *
 * @param name of the experiment
 * @param runs in the order of the experiment
 * @param figures how each figure varies, by name; those that every run has
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record SeedRuns(
    @JsonProperty(required = true) String name,
    @JsonProperty(required = true) List<Run> runs,
    @JsonProperty(required = true) Map<String, Spread> figures) {
  /** The file's name in the folder of the runs. */
  public static final String FILE = "seeds.json";

  private static final String CLEAN = "clean accuracy";
  private static final String ROBUST = "robust accuracy, worst case";

  /**
   * One of the runs.
   *
   * @param folder below that of all runs
   * @param figures accuracies in [0, 1] by name: clean, under each attack, and in the worst case
   */
  public record Run(
      @JsonProperty(required = true) long seed,
      @JsonProperty(required = true) String folder,
      @JsonProperty(required = true) Map<String, Double> figures) {
    public Run {
      figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /** The accuracies of a scorecard, but for those of attacks that time has cut. */
    public static Run of(long seed, String folder, Scorecard card) {
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put(CLEAN, card.cleanAccuracy().value());
      card.settled().forEach((key, rate) -> figures.put("under " + key, rate.value()));
      Rate robust = card.settledWorst();
      if (robust != null) {
        figures.put(ROBUST, robust.value());
      }
      return new Run(seed, folder, figures);
    }

    /**
     * One of the figures.
     *
     * @throws NullPointerException if there is none of that name
     */
    public double figure(String name) {
      return Objects.requireNonNull(figures.get(name), name);
    }
  }

  public SeedRuns {
    runs = List.copyOf(runs);
    figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
  }

  /** Of at least one run. */
  public static SeedRuns of(String name, List<Run> runs) {
    Map<String, Spread> figures = new LinkedHashMap<>();
    for (String figure : runs.get(0).figures().keySet()) {
      if (runs.stream().allMatch(run -> run.figures().containsKey(figure))) {
        figures.put(
            figure, Spread.of(runs.stream().mapToDouble(run -> run.figure(figure)).toArray()));
      }
    }
    return new SeedRuns(name, runs, figures);
  }

  /** Reads {@value #FILE}. */
  public static SeedRuns read(Path folder) {
    return Json.read(folder.resolve(FILE), SeedRuns.class);
  }

  /**
   * How a second experiment differs from this one, seed by seed: each figure's difference, second
   * minus first, over the seeds that both have. What seeds share, such as starting weights and held
   * out samples, cancels in it.
   *
   * @throws InvalidInputException if they have no seed in common
   */
  public Map<String, Spread> differences(SeedRuns second) {
    Map<Long, Run> others = new LinkedHashMap<>();
    second.runs.forEach(run -> others.put(run.seed(), run));
    List<Run> common = runs.stream().filter(run -> others.containsKey(run.seed())).toList();
    if (common.isEmpty()) {
      throw new InvalidInputException(
          "the seeds", "", "runs with seeds in common", runs.size() + " and " + others.size());
    }
    Map<String, Spread> differences = new LinkedHashMap<>();
    for (String figure : figures.keySet()) {
      if (second.figures.containsKey(figure)) {
        List<Double> values = new ArrayList<>();
        for (Run run : common) {
          Run other = Objects.requireNonNull(others.get(run.seed()));
          values.add(other.figure(figure) - run.figure(figure));
        }
        differences.put(
            figure, Spread.of(values.stream().mapToDouble(Double::doubleValue).toArray()));
      }
    }
    return differences;
  }

  /** As indented JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }
}
