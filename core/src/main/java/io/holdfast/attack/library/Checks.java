package io.holdfast.attack.library;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.threat.ThreatModel;
import org.jspecify.annotations.Nullable;

/** What an example must pass each time that it is loaded, and before it is saved. */
final class Checks {
  private static final double TOLERANCE = 1e-6;

  private Checks() {}

  /** What is wrong with an example. */
  record Finding(Fault fault, String reason) {
    LeftOut of(String id, String where) {
      return new LeftOut(id, fault, where, reason);
    }
  }

  /** The first check that the example does not pass, or null. */
  static @Nullable Finding sound(Entry entry, Content content) {
    if (content.label() != entry.label()) {
      return new Finding(
          Fault.LABEL, "expected label " + entry.label() + ", found " + content.label());
    }
    if (!content.shape().equals(entry.shape())) {
      return new Finding(
          Fault.CHANGED, "expected shape " + entry.shape() + ", found " + content.shape());
    }
    if (!content.id().equals(entry.id())) {
      return new Finding(Fault.CHANGED, "the content does not match its hash");
    }
    if (entry.prediction() == entry.label()) {
      return new Finding(
          Fault.LABEL,
          "expected an answer other than the label " + entry.label() + ", found the label");
    }
    if (entry.threat().goal() instanceof Goal.TargetClass wanted
        && entry.prediction() != wanted.target()) {
      return new Finding(
          Fault.LABEL,
          "expected the wanted answer " + wanted.target() + ", found " + entry.prediction());
    }
    return inside(entry, content);
  }

  /** The independent check in double that the example is within its own threat model. */
  private static @Nullable Finding inside(Entry entry, Content content) {
    ThreatModel threat = entry.threat();
    double[] clean = Content.wide(content.clean());
    double[] other = Content.wide(content.adversarial());
    if (!isIn(threat.domain(), clean)) {
      return new Finding(
          Fault.OUTSIDE,
          "the clean input leaves [" + threat.domain().low() + ", " + threat.domain().high() + "]");
    }
    Distances found = Distances.between(clean, other);
    if (!isAdmitted(threat, content, clean, other)) {
      return new Finding(
          Fault.OUTSIDE, "expected a change within " + threat.name() + ", found " + found);
    }
    if (!found.equals(entry.distances())) {
      return new Finding(
          Fault.CHANGED, "expected a change of " + entry.distances() + ", found " + found);
    }
    return null;
  }

  /** Whether a threat model admits the example. */
  static boolean isAdmitted(ThreatModel threat, Content content) {
    return isAdmitted(
        threat, content, Content.wide(content.clean()), Content.wide(content.adversarial()));
  }

  private static boolean isAdmitted(
      ThreatModel threat, Content content, double[] clean, double[] other) {
    long[] shape = content.shape().stream().mapToLong(Integer::longValue).toArray();
    double[] made = content.variables().length == 0 ? other : Content.wide(content.variables());
    return threat.contains(clean, other, shape, made);
  }

  private static boolean isIn(Domain domain, double[] values) {
    for (double v : values) {
      if (!(v >= domain.low() - TOLERANCE && v <= domain.high() + TOLERANCE)) {
        return false;
      }
    }
    return true;
  }
}
