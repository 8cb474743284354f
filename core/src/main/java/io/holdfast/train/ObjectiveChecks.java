package io.holdfast.train;

import io.holdfast.attack.SearchRule;
import io.holdfast.common.Format;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.List;

/** Whether an objective goes with the rest of its job. */
final class ObjectiveChecks {
  private static final String FIELD = "train.objective";

  private static final double ROUNDING = 1e-9; // of a sum of two shares

  private ObjectiveChecks() {}

  /** Adds everything that keeps the objective from being computed. */
  static void check(TrainJob job, Problems problems) {
    Objective objective = job.settings().objective();
    Graph graph = job.network().graph();
    ThreatModel threat = job.threat();
    if ((objective.adversarial() || objective.bounded()) && threat == null) {
      problems.add("threat", "a threat model for " + objective.name(), "none");
    }
    int classes = (int) graph.type(graph.outputs().get(0)).shape().size(0);
    if (objective.classes() > 0 && objective.classes() != classes) {
      problems.add(
          FIELD,
          "a list of " + classes + " numbers for " + objective.name() + ", one for each class",
          "one of " + objective.classes());
    }
    List<String> known = graph.nodes().stream().map(Graph.Node::name).toList();
    for (String layer : objective.layers()) {
      if (!known.contains(layer)) {
        String expected = "one of " + String.join(", ", known) + " as layer";
        problems.add(FIELD, expected, layer, Nearest.hint(layer, known));
      }
    }
    boolean images = job.train().info().shapeArray().length == 3;
    if (objective.needsImages() && !images) {
      problems.add(
          FIELD,
          "images [channels, height, width] for " + objective.name(),
          "inputs of shape " + job.train().info().shape());
    }
    if (objective.needsImages() && threat != null && !threat.domain().equals(Domain.UNIT)) {
      problems.add(FIELD, Domain.OF_PIXELS, threat.domain().toString());
    }
    double smoothing = job.settings().labelSmoothing();
    if (smoothing > 0 && !objective.smooths() && job.settings().methods().generalist() == null) {
      problems.add(
          "train.label_smoothing",
          "0 for " + objective.name() + ", which has no cross-entropy with labels to smooth",
          Double.toString(smoothing));
    }
    if (objective.ownSearch() && !(job.inner().rule() instanceof SearchRule.Projected)) {
      problems.add(
          "train.attack",
          "pgd, fgsm or r-fgsm: " + objective.name() + " searches in a way of its own",
          job.inner().rule().key());
    }
    boolean ball = threat != null && threat.set() instanceof Additive a && a.norm() == Norm.LINF;
    if (objective.boxed() && threat != null && !ball) {
      problems.add("threat", "an L-infinity ball for " + objective.name(), threat.set().key());
    }
    if (objective.balls() && threat != null && !Methods.isBalls(threat)) {
      problems.add(
          "threat", "a ball, or a union of balls, for " + objective.name(), threat.set().key());
    }
    if (objective.ownRadii() && threat != null && hasNoNorm(threat)) {
      problems.add(
          "threat", "balls of a norm for " + objective.name() + ", not l0", threat.set().key());
    }
    if (objective.bounded()) {
      requireBounds(job, problems);
    }
    if (objective.boundsWhole() > 1 + ROUNDING) {
      problems.add(
          FIELD,
          "warm_up and ramp_up of "
              + objective.name()
              + " that are at most 1 together, so that"
              + " bounds come to the whole radius",
          Format.number(objective.boundsWhole()));
    }
    if (objective.derivesTwice()) {
      requireTwice(job, FIELD, objective.name(), problems);
    }
    job.guides().check(job, problems);
  }

  private static boolean hasNoNorm(ThreatModel threat) {
    return threat.members().stream()
        .anyMatch(member -> member.set() instanceof Additive a && a.norm() == Norm.L0);
  }

  private static void requireBounds(TrainJob job, Problems problems) {
    String name = job.settings().objective().name();
    List<String> layers = IntervalBounds.unsupported(job.network().graph());
    if (!layers.isEmpty()) {
      problems.add(
          FIELD,
          "a network of layers that have interval bounds for " + name,
          "without: " + String.join(", ", layers));
    }
  }

  /** Whether derivatives of the job's network can be derived. */
  static boolean derivesTwice(TrainJob job) {
    Problems problems = new Problems("");
    requireTwice(job, "", "", problems);
    return problems.list().isEmpty();
  }

  /**
   * Adds what keeps derivatives from being derived.
   *
   * @param field of the experiment that wants them
   * @param name of what wants them
   */
  static void requireTwice(TrainJob job, String field, String name, Problems problems) {
    List<Graph.Node> nodes = job.network().graph().nodes();
    List<String> attention =
        nodes.stream()
            .filter(n -> n.layer() instanceof SelfAttention)
            .map(Graph.Node::name)
            .toList();
    if (!attention.isEmpty()) {
      problems.add(
          field,
          "a network without attention, whose derivative has none itself, for " + name,
          "layers " + String.join(", ", attention));
    }
    boolean meets = nodes.stream().anyMatch(n -> n.layer() instanceof BatchNorm);
    if (job.settings().synchronised() && meets) {
      problems.add(
          "train.batch_norm", "ghost for " + name + ", which derives derivatives", "synchronised");
    }
  }
}
