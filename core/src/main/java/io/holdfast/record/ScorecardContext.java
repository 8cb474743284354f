package io.holdfast.record;

import io.holdfast.common.Provenance;
import io.holdfast.threat.Norm;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a scorecard says beyond its ledger's rows.
 *
 * @param threat id of the threat model, as in the rows
 * @param norm the norm of its ball; null if it has none
 * @param epsilon its radius, the least that a certificate must reach to count; 0 if it has none
 * @param threatModel the threat model as settings
 * @param classNames by label; empty if the data has none
 * @param trainedOn keys or names of the attacks seen in training, with those of their families, as
 *     far as that is known
 * @param observations warnings of the evaluator, such as gradients that are zero
 * @param planned keys of the attacks that every sample was to be tried with; where a budget of time
 *     ended before, some samples lack a verdict. Empty where that is not known
 * @param soFar by attack, how many of its verdicts are not final, since time was over while it
 *     still looked for smaller changes; those samples have fallen, and lack a verdict all the same
 * @param givesBackClean keys of the attacks that give back as they were the samples that they do
 *     not fell
 * @param provenance where the numbers come from
 * @param timing seconds by phase
 */
public record ScorecardContext(
    String threat,
    @Nullable Norm norm,
    double epsilon,
    Map<String, Object> threatModel,
    List<String> classNames,
    SeenAttacks trainedOn,
    List<String> observations,
    Set<String> planned,
    Map<String, Long> soFar,
    Set<String> givesBackClean,
    Provenance provenance,
    Map<String, Double> timing) {
  public ScorecardContext {
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon: " + epsilon);
    }
    threatModel = Collections.unmodifiableMap(new LinkedHashMap<>(threatModel));
    classNames = List.copyOf(classNames);
    observations = List.copyOf(observations);
    planned = Collections.unmodifiableSet(new LinkedHashSet<>(planned));
    soFar = Map.copyOf(soFar);
    givesBackClean = Set.copyOf(givesBackClean);
    timing = Collections.unmodifiableMap(new LinkedHashMap<>(timing));
  }

  /** A context with nothing but the threat model's id and the provenance. */
  public static Builder of(String threat, Provenance provenance) {
    return new Builder(threat, provenance);
  }

  /** The norm of each threat id that is known to have one. */
  Map<String, Norm> norms() {
    return norm == null ? Map.of() : Map.of(threat, norm);
  }

  /** Collects a context. */
  public static final class Builder {
    private final String threat;
    private final Provenance provenance;
    private @Nullable Norm norm;
    private double epsilon;
    private Map<String, Object> threatModel = Map.of();
    private List<String> classNames = List.of();
    private SeenAttacks trainedOn = SeenAttacks.UNKNOWN;
    private List<String> observations = List.of();
    private Set<String> planned = Set.of();
    private Map<String, Long> soFar = Map.of();
    private Set<String> givesBackClean = Set.of();
    private Map<String, Double> timing = Map.of();

    private Builder(String threat, Provenance provenance) {
      this.threat = threat;
      this.provenance = provenance;
    }

    /** The threat model's ball. */
    public Builder ball(Norm ofNorm, double radius) {
      norm = ofNorm;
      epsilon = radius;
      return this;
    }

    public Builder threatModel(Map<String, Object> settings) {
      threatModel = settings;
      return this;
    }

    public Builder classNames(List<String> names) {
      classNames = names;
      return this;
    }

    /** By default nothing is known of them. */
    public Builder trainedOn(SeenAttacks attacks) {
      trainedOn = attacks;
      return this;
    }

    public Builder observations(List<String> warnings) {
      observations = warnings;
      return this;
    }

    /** The attacks that every sample was to be tried with. */
    public Builder planned(Set<String> attacks) {
      planned = attacks;
      return this;
    }

    /** How many verdicts of each attack are not final; by default all are. */
    public Builder soFar(Map<String, Long> verdicts) {
      soFar = verdicts;
      return this;
    }

    /** Attacks of which a sample that held and is unchanged says nothing; by default none. */
    public Builder givesBackClean(Set<String> attacks) {
      givesBackClean = attacks;
      return this;
    }

    public Builder timing(Map<String, Double> seconds) {
      timing = seconds;
      return this;
    }

    public ScorecardContext build() {
      return new ScorecardContext(
          threat,
          norm,
          epsilon,
          threatModel,
          classNames,
          trainedOn,
          observations,
          planned,
          soFar,
          givesBackClean,
          provenance,
          timing);
    }
  }
}
