package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Scope;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.consistency.Curvature;
import io.holdfast.train.objective.consistency.FeaturePairing;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Terms that compare a network at two inputs see what differs there, not what dropout drops. */
@ExtendWith(LeakCheck.class)
class DropoutInTrainingTest {
  private static final double STRONG = 1000;

  private static Graph dropping() {
    GraphBuilder g = Graph.builder("dropping");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("pool", AvgPool2d.of(4));
    g.add("flatten", new Flatten());
    g.add("hidden", Linear.of(16));
    g.add("dropout", new Dropout(0.5));
    return g.output(g.add("out", Linear.of(10))).build();
  }

  /** Within a ball without a radius, where both inputs are one. */
  private static Run run(Objective objective) {
    return new Run()
        .with(r -> r.graph = dropping())
        .with(r -> r.threat = ThreatModel.linf(0).within(0, 1))
        .with(r -> r.validation = null)
        .with(r -> r.workers = 1)
        .settings(s -> s.objective(objective).epochs(1));
  }

  @Test
  void atOneInputFeaturesAreTheSame() {
    String plain = run(new Standard()).go().weights();
    Objective pairing = new FeaturePairing(STRONG, 1, Optional.empty());
    assertThat(run(pairing).go().weights()).isEqualTo(plain);
  }

  /** Next to each other gradients are all but the same, whatever their difference weighs. */
  @Test
  void besideAnInputGradientsHardlyDiffer() {
    Run plain = run(new Standard());
    Run curved = run(new Curvature(STRONG, 1e-4, 0));
    try (Scope scope = Scope.open();
        Network first = plain.network();
        Network second = curved.network()) {
      plain.go(first);
      curved.go(second);
      first
          .weights()
          .forEach(
              (name, w) ->
                  assertThat(w.sub(second.weight(name)).abs().max().item())
                      .as(name)
                      .isLessThan(1e-3));
    }
  }

  @Test
  void atOneInputGradientsAreTheSame() {
    String plain = run(new Standard()).go().weights();
    Run aligned = run(new Standard());
    aligned.settings(s -> s.methods(Methods.NONE.withGradAlign(1)));
    assertThat(aligned.go().weights()).isEqualTo(plain);
  }
}
