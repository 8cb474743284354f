package io.holdfast.record;

import io.holdfast.threat.Norm;
import java.util.Comparator;
import java.util.Objects;

/**
 * One row of the ledger: what was tried on one sample, and how it ended. Numbers that are not
 * defined for a row are NaN here and NULL in Parquet.
 *
 * @param sampleId stable id of the sample in its data set
 * @param label true class, from 0
 * @param group group of the sample, -1 for none
 * @param attempt {@code clean}, the key of the attack or certificate, of a stage as in {@code
 *     autoattack/square}, or of the corruption
 * @param kind why the row stands here
 * @param threat id of the threat model; empty for clean rows
 * @param epsilon magnitude allowed to the attack; 0 for clean rows; the certified radius for
 *     certificates
 * @param seed seed of the attempt
 * @param outcome how it ended
 * @param prediction predicted class after the attempt, from 0; -1 where the model abstains
 * @param confidence probability of the predicted class, in [0, 1] or NaN
 * @param trueConfidence probability of the true class, in [0, 1] or NaN
 * @param l0 number of changed components, or NaN
 * @param l1 sum of absolute changes, or NaN
 * @param l2 Euclidean length of the change, or NaN
 * @param linf largest absolute change, or NaN
 * @param ssim structural similarity to the clean sample, in [-1, 1] or NaN
 * @param queries forward passes spent on the sample
 * @param gradients gradient evaluations spent on the sample
 */
public record Attempt(
    long sampleId,
    int label,
    int group,
    String attempt,
    Kind kind,
    String threat,
    double epsilon,
    long seed,
    Outcome outcome,
    int prediction,
    float confidence,
    float trueConfidence,
    double l0,
    double l1,
    double l2,
    double linf,
    double ssim,
    long queries,
    long gradients)
    implements Comparable<Attempt> {

  /** The attempt of clean rows. */
  public static final String CLEAN = "clean";

  /** Between the key of an attack and that of a stage of it. */
  public static final String STAGE_MARK = "/";

  /** Longest name of an attempt or threat, in characters. */
  static final int LONGEST_NAME = 4096;

  private static final Comparator<Attempt> ORDER =
      Comparator.comparing(Attempt::kind)
          .thenComparing(Attempt::attempt)
          .thenComparing(Attempt::threat)
          .thenComparingDouble(Attempt::epsilon)
          .thenComparingLong(Attempt::seed)
          .thenComparingLong(Attempt::sampleId);

  /**
   * @throws IllegalArgumentException if a value is outside the range stated above
   */
  public Attempt {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(threat);
    Objects.requireNonNull(outcome);
    require(!attempt.isBlank() && attempt.length() <= LONGEST_NAME, "attempt", attempt);
    require(threat.length() <= LONGEST_NAME, "threat", threat);
    require(attempt.equals(CLEAN) == (kind == Kind.CLEAN), "attempt", attempt + " as " + kind);
    require(outcome.fits(kind), "outcome", outcome + " of kind " + kind);
    require(label >= 0, "label", label);
    require(group >= -1, "group", group);
    require(prediction >= -1, "prediction", prediction);
    require(epsilon >= 0, "epsilon", epsilon);
    require(kind != Kind.CLEAN || epsilon == 0, "epsilon", epsilon + " of a clean row");
    require(isProbability(confidence), "confidence", confidence);
    require(isProbability(trueConfidence), "trueConfidence", trueConfidence);
    require(!(l0 < 0), "l0", l0);
    require(!(l1 < 0), "l1", l1);
    require(!(l2 < 0), "l2", l2);
    require(!(linf < 0), "linf", linf);
    require(Double.isNaN(ssim) || Math.abs(ssim) <= 1, "ssim", ssim);
    require(queries >= 0, "queries", queries);
    require(gradients >= 0, "gradients", gradients);
    epsilon += 0.0; // -0.0 becomes 0.0, so that equal magnitudes are equal keys
  }

  private static boolean isProbability(float value) {
    return Float.isNaN(value) || (value >= 0 && value <= 1);
  }

  private static void require(boolean right, String field, Object found) {
    if (!right) {
      throw new IllegalArgumentException("attempt with invalid " + field + ": " + found);
    }
  }

  /** What was attempted, whatever the sample. */
  public AttemptKey key() {
    return new AttemptKey(kind, attempt, threat, kind == Kind.CERTIFICATE ? 0 : epsilon);
  }

  /** The size of the change in {@code norm}, or NaN. */
  public double distance(Norm norm) {
    return switch (norm) {
      case L0 -> l0;
      case L1 -> l1;
      case L2 -> l2;
      case LINF -> linf;
    };
  }

  /** Whether the prediction is the label. */
  boolean right() {
    return prediction == label;
  }

  /** By kind, attempt, threat, epsilon, seed, sample: the order of a finished ledger. */
  @Override
  public int compareTo(Attempt other) {
    return ORDER.compare(this, other);
  }

  /** A row of an unperturbed sample; its outcome follows from the prediction. */
  public static Builder clean(long sampleId, int label) {
    return new Builder(sampleId, label, Kind.CLEAN, CLEAN).distances(0, 0, 0, 0).ssim(1).queries(1);
  }

  /** A row of another kind; set at least threat, epsilon and outcome. */
  public static Builder of(Kind kind, String attempt, long sampleId, int label) {
    return new Builder(sampleId, label, kind, attempt);
  }

  /** Collects the values of a row. Distances, SSIM and confidences start as NaN, counts as 0. */
  public static final class Builder {
    private final long sampleId;
    private final int label;
    private final Kind kind;
    private final String attempt;
    private int group = -1;
    private String threat = "";
    private double epsilon;
    private long seed;
    private Outcome outcome;
    private int prediction = -1;
    private float confidence = Float.NaN;
    private float trueConfidence = Float.NaN;
    private double l0 = Double.NaN;
    private double l1 = Double.NaN;
    private double l2 = Double.NaN;
    private double linf = Double.NaN;
    private double ssim = Double.NaN;
    private long queries;
    private long gradients;

    private Builder(long sampleId, int label, Kind kind, String attempt) {
      this.sampleId = sampleId;
      this.label = label;
      this.kind = kind;
      this.attempt = attempt;
      this.outcome =
          switch (kind) {
            case CLEAN, CORRUPTION -> Outcome.WRONG;
            case VERDICT, STAGE, CURVE -> Outcome.HELD;
            case CERTIFICATE -> Outcome.ABSTAINED;
          };
    }

    public Builder group(int value) {
      group = value;
      return this;
    }

    /** The threat model's id and the magnitude of this attempt. */
    public Builder threat(String id, double magnitude) {
      threat = id;
      epsilon = magnitude;
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder outcome(Outcome value) {
      outcome = value;
      return this;
    }

    /** The prediction; for a clean or corrupted row it sets the outcome too. */
    public Builder predicted(int predictedClass, float probability, float trueProbability) {
      prediction = predictedClass;
      confidence = probability;
      trueConfidence = trueProbability;
      if (kind == Kind.CLEAN || kind == Kind.CORRUPTION) {
        outcome = predictedClass == label ? Outcome.CORRECT : Outcome.WRONG;
      }
      return this;
    }

    /** The size of the change in every norm. */
    public Builder distances(double inL0, double inL1, double inL2, double inLinf) {
      l0 = inL0;
      l1 = inL1;
      l2 = inL2;
      linf = inLinf;
      return this;
    }

    public Builder ssim(double value) {
      ssim = value;
      return this;
    }

    public Builder queries(long value) {
      queries = value;
      return this;
    }

    public Builder gradients(long value) {
      gradients = value;
      return this;
    }

    /**
     * The row.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public Attempt build() {
      return new Attempt(
          sampleId,
          label,
          group,
          attempt,
          kind,
          threat,
          epsilon,
          seed,
          outcome,
          prediction,
          confidence,
          trueConfidence,
          l0,
          l1,
          l2,
          linf,
          ssim,
          queries,
          gradients);
    }
  }
}
