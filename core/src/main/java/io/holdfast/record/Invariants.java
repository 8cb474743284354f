package io.holdfast.record;

import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What must hold among the rows of a sound evaluation, checked sample by sample, from which
 * certified accuracy {@code <=} robust accuracy {@code <=} clean accuracy follows:
 *
 * <ul>
 *   <li>one row per key and sample, one label per sample, a clean row for each sample;
 *   <li>a clean or corrupted row is correct if and only if it predicts the label; what fell does
 *       not predict it;
 *   <li>a sample wrong when clean is skipped by attacks and certified by no method, any other
 *       sample is never skipped;
 *   <li>no attack succeeds inside a certified ball: neither one allowed at most the certified
 *       radius under the same threat model, nor one whose distance is within it; nor does a
 *       corruption that changes so little make it wrong;
 *   <li>distances of an additive threat are within the row's epsilon, up to {@link #tolerance}.
 * </ul>
 */
public final class Invariants {
  private final Map<String, Norm> norms;
  private final Map<Long, Attempt> clean = new HashMap<>();
  private final Map<Long, List<Attempt>> certified = new HashMap<>();
  private final RowIndex index = new RowIndex();

  private Invariants(Map<String, Norm> norms) {
    this.norms = norms;
  }

  /**
   * Checks rows whose threat ids begin with the norm's key, as in {@code linf:0.1}; others are
   * taken to have no norm.
   *
   * @throws InvariantViolationException at the first contradiction
   */
  public static void check(Iterable<Attempt> rows) {
    check(rows, Map.of());
  }

  /**
   * Checks rows, iterating over them twice.
   *
   * @param norms norm of the ball of each threat id that has one; what is missing is taken from the
   *     id as in {@link #check(Iterable)}
   * @throws InvariantViolationException at the first contradiction
   */
  public static void check(Iterable<Attempt> rows, Map<String, Norm> norms) {
    Invariants invariants = new Invariants(norms);
    for (Attempt row : rows) {
      invariants.collect(row);
    }
    for (Attempt row : rows) {
      invariants.inspect(row);
    }
  }

  /**
   * How far a distance measured on 32-bit pixels in [0, 1] may lie above epsilon: the rounding of
   * one pixel for L-infinity, growing with the number of pixels for L2 and L1, nothing for L0.
   */
  public static double tolerance(Norm norm, double epsilon) {
    return switch (norm) {
      case L0 -> 0;
      case LINF -> 1e-6;
      case L2 -> 1e-6 + 1e-5 * epsilon;
      case L1 -> 1e-6 + 1e-4 * epsilon;
    };
  }

  private void collect(Attempt row) {
    if (!index.add(row)) {
      throw violation("two rows of the same attempt", row);
    }
    boolean judged = row.kind() == Kind.CLEAN || row.kind() == Kind.CORRUPTION;
    if (judged && row.right() != (row.outcome() == Outcome.CORRECT)) {
      throw violation("outcome and prediction disagree", row);
    }
    if (row.kind() == Kind.CLEAN) {
      clean.put(row.sampleId(), row);
    } else if (row.outcome() == Outcome.CERTIFIED) {
      certified.computeIfAbsent(row.sampleId(), id -> new ArrayList<>()).add(row);
    }
  }

  private void inspect(Attempt row) {
    if (row.kind() == Kind.CLEAN) {
      return;
    }
    Attempt base = clean.get(row.sampleId());
    if (base == null) {
      throw violation("a sample without a clean row", row);
    }
    if (base.label() != row.label()) {
      throw violation("two labels for one sample", base, row);
    }
    switch (row.outcome()) {
      case FELL -> inspectFallen(base, row);
      case HELD -> inspectAttacked(base, row);
      case SKIPPED_WRONG -> {
        if (base.outcome() == Outcome.CORRECT) {
          throw violation("skipped as wrong although it is correct when clean", base, row);
        }
      }
      case CERTIFIED -> {
        if (base.outcome() == Outcome.WRONG || !row.right()) {
          throw violation("certified although the prediction is wrong", base, row);
        }
      }
      case WRONG -> inspectCertificates(row);
      default -> {}
    }
  }

  private void inspectAttacked(Attempt base, Attempt row) {
    if (base.outcome() == Outcome.WRONG) {
      throw violation("attacked although it is wrong when clean", base, row);
    }
    Norm norm = norm(row);
    if (norm != null && row.distance(norm) > row.epsilon() + tolerance(norm, row.epsilon())) {
      throw violation("the attack left its " + norm.key() + " ball", row);
    }
  }

  private void inspectFallen(Attempt base, Attempt row) {
    if (row.right()) {
      throw violation("fell although the prediction is the label", row);
    }
    inspectAttacked(base, row);
    inspectCertificates(row);
  }

  private void inspectCertificates(Attempt row) {
    for (Attempt certificate : certified.getOrDefault(row.sampleId(), List.of())) {
      if (isInside(row, certificate)) {
        String what = row.kind() == Kind.CORRUPTION ? "a corruption" : "an attack";
        throw violation(what + " succeeded inside a certified ball", certificate, row);
      }
    }
  }

  private boolean isInside(Attempt row, Attempt certificate) {
    if (row.threat().equals(certificate.threat()) && row.epsilon() <= certificate.epsilon()) {
      return true;
    }
    Norm norm = norm(certificate);
    return norm != null && row.distance(norm) <= certificate.epsilon();
  }

  private @Nullable Norm norm(Attempt row) {
    Norm known = norms.get(row.threat());
    if (known != null) {
      return known;
    }
    if (row.threat().indexOf('+') >= 0) { // a union; its members hold their own
      return null;
    }
    int colon = row.threat().indexOf(':');
    String prefix = colon < 0 ? row.threat() : row.threat().substring(0, colon);
    return Norm.ofKey(prefix).orElse(null);
  }

  private static InvariantViolationException violation(String rule, Attempt... rows) {
    return new InvariantViolationException(
        rule, Objects.requireNonNull(rows[0]).sampleId(), List.of(rows));
  }
}
