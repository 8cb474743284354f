package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Engine;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Hybrid;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.adversarial.Alp;
import io.holdfast.train.objective.adversarial.Cat;
import io.holdfast.train.objective.adversarial.FastBat;
import io.holdfast.train.objective.adversarial.Gairat;
import io.holdfast.train.objective.adversarial.Iat;
import io.holdfast.train.objective.adversarial.Mail;
import io.holdfast.train.objective.adversarial.Margins;
import io.holdfast.train.objective.adversarial.Mart;
import io.holdfast.train.objective.adversarial.Mma;
import io.holdfast.train.objective.adversarial.Msd;
import io.holdfast.train.objective.adversarial.UnionAverage;
import io.holdfast.train.objective.adversarial.UnionSampling;
import io.holdfast.train.objective.certified.CrownIbp;
import io.holdfast.train.objective.certified.Ibp;
import io.holdfast.train.objective.certified.MtlIbp;
import io.holdfast.train.objective.certified.Ramp;
import io.holdfast.train.objective.certified.Sabr;
import io.holdfast.train.objective.consistency.AugMixConsistency;
import io.holdfast.train.objective.consistency.Curvature;
import io.holdfast.train.objective.consistency.FeaturePairing;
import io.holdfast.train.objective.consistency.InputGradient;
import io.holdfast.train.objective.consistency.Jacobian;
import io.holdfast.train.objective.consistency.Vat;
import io.holdfast.train.objective.distil.Ard;
import io.holdfast.train.objective.distil.Hat;
import io.holdfast.train.objective.distil.Iad;
import io.holdfast.train.objective.distil.KdAt;
import io.holdfast.train.objective.distil.Lbgat;
import io.holdfast.train.objective.distil.Rslad;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every objective on the one loop, and where its paper says that it is another one. */
@ExtendWith(LeakCheck.class)
class ObjectivesInTheLoopTest {
  private static final Guide TEACHER = Guide.given("teacher");
  private static final Ramp AT_ONCE = new Ramp(0, 0);

  /** With fresh weights. */
  static Bundle model(Graph graph) {
    return model(graph, 99);
  }

  private static Bundle model(Graph graph, long seed) {
    return Bundle.of(Network.initialise(graph, Initialisation.PYTORCH, new Seed(seed)))
        .provenance(
            Provenance.of(Engine.version(), new Seed(seed), Map.of(), Settings.of(Map.of())))
        .build();
  }

  private static Run run(Objective objective, Graph graph, Bundle guide) {
    return new Run()
        .with(r -> r.graph = graph)
        .with(r -> r.guides = Map.of("teacher", guide, "helper", guide, "natural", guide))
        .settings(s -> s.objective(objective).epochs(1));
  }

  static Stream<Objective> all() {
    return Objectives.describe().stream().map(ObjectiveSpec::usual);
  }

  /** With batch norm and dropout. */
  @ParameterizedTest
  @MethodSource("all")
  void weightsChangeAndDoNotDependOnTheWorkers(Objective objective) {
    try (Bundle guide = model(Run.NORMED)) {
      Run run = run(objective, Run.NORMED, guide);
      String once = run.go().weights();
      assertThat(run.with(r -> r.workers = 1).go().weights()).isEqualTo(once);
      try (Network fresh = run.network()) {
        assertThat(once).isNotEqualTo(fresh.hash());
      }
    }
  }

  /** Pairs that train alike, bit for bit. */
  static Stream<Arguments> special() {
    return Stream.of(
        Arguments.of(Trades.beta(0), new Standard()),
        Arguments.of(new Alp(0, 0), new Standard()),
        Arguments.of(new Alp(0, 1), new PgdAt()),
        Arguments.of(new Mail(Mail.Base.PGD_AT, 0, 0, 6, 0), new PgdAt()),
        Arguments.of(new Mail(Mail.Base.PGD_AT, 10, 0.5, 6, 1), new PgdAt()),
        Arguments.of(new Mail(Mail.Base.TRADES, 0, 0, 3, 0), Trades.beta(3)),
        Arguments.of(new Mail(Mail.Base.MART, 0, 0, 3, 0), new Mart(3)),
        Arguments.of(new Gairat(100, 0), new PgdAt()),
        Arguments.of(new Gairat(-1, 1), new PgdAt()),
        Arguments.of(new Margins(Margins.Kind.CROSS_ENTROPY, List.of(0.0)), new PgdAt()),
        Arguments.of(new Iat(0, 0.5), new PgdAt()),
        Arguments.of(new Mma(1.5, 1, 10), new Standard()),
        Arguments.of(new UnionAverage(), new PgdAt()),
        Arguments.of(new Msd(), new PgdAt()),
        Arguments.of(new UnionSampling(3, 50), new PgdAt()),
        Arguments.of(new Hat(3, 0, 2, Guide.given("helper")), Trades.beta(3)),
        Arguments.of(new Iad(0, 5, 4, 0, TEACHER), new Ard(1, 4, TEACHER)),
        Arguments.of(new Iad(0.1, 5, 4, 1, TEACHER), new Ard(1, 4, TEACHER)),
        Arguments.of(new Ard(0, 4, TEACHER), new Standard()),
        Arguments.of(new KdAt(1, 0, 0, 2, Guide.given("natural"), TEACHER), new PgdAt()),
        Arguments.of(hybrid(1, Trades.beta(3)), Trades.beta(3)),
        Arguments.of(hybrid(0.5, new PgdAt(), 0.5, new PgdAt()), new PgdAt()),
        Arguments.of(crossing(new PgdAt(), new PgdAt()), new PgdAt()),
        Arguments.of(hybrid(0, new Rslad(0.5, TEACHER), 1, new PgdAt()), new PgdAt()),
        Arguments.of(new AugMixConsistency(0, 2, false), new Standard()),
        Arguments.of(new FeaturePairing(0, 0.25, Optional.empty()), new Standard()),
        Arguments.of(new Vat(0, 1, 0.1, 1), new Standard()),
        Arguments.of(new Jacobian(0, 1), new Standard()),
        Arguments.of(new Curvature(0, 1.5, 0), new Standard()),
        Arguments.of(new InputGradient(0), new Standard()),
        Arguments.of(new Ibp(1, AT_ONCE), new Standard()),
        Arguments.of(new Ibp(0.5, new Ramp(1, 0)), new Standard()),
        Arguments.of(new CrownIbp(0.3, 0, AT_ONCE), new Ibp(0.3, AT_ONCE)),
        Arguments.of(new CrownIbp(1, 1, AT_ONCE), new Standard()),
        Arguments.of(new Sabr(1, AT_ONCE), new Ibp(0, AT_ONCE)),
        Arguments.of(new MtlIbp(0, AT_ONCE), new PgdAt()),
        Arguments.of(new MtlIbp(1, AT_ONCE), new Ibp(0, AT_ONCE)));
  }

  private static Hybrid hybrid(double weight, ListedObjective<?> objective) {
    return new Hybrid(List.of(new Hybrid.Term(weight, objective)));
  }

  private static Hybrid hybrid(
      double first, ListedObjective<?> one, double second, ListedObjective<?> other) {
    return new Hybrid(List.of(new Hybrid.Term(first, one), new Hybrid.Term(second, other)));
  }

  /** The one gives way to the other from a third of training on. */
  private static Hybrid crossing(ListedObjective<?> one, ListedObjective<?> other) {
    List<Curve.Point> falling = List.of(new Curve.Point(0, 1), new Curve.Point(1.0 / 3, 0));
    List<Curve.Point> rising = List.of(new Curve.Point(0, 0), new Curve.Point(1.0 / 3, 1));
    return new Hybrid(
        List.of(
            new Hybrid.Term(new Curve(falling, false), one),
            new Hybrid.Term(new Curve(rising, false), other)));
  }

  /** Three steps: the first by the one objective, the others by the other. */
  @Test
  void weightsOfTermsFollowTrainingsProgress() {
    try (Bundle guide = model(Run.NORMED)) {
      Run run = run(crossing(new Standard(), new PgdAt()), Run.NORMED, guide);
      String weights = run.go().weights();
      assertThat(run.with(r -> r.workers = 1).go().weights()).isEqualTo(weights);
      assertThat(run(crossing(new PgdAt(), new Standard()), Run.NORMED, guide).go().weights())
          .isNotEqualTo(weights);
      assertThat(run(new Standard(), Run.NORMED, guide).go().weights()).isNotEqualTo(weights);
      assertThat(run(new PgdAt(), Run.NORMED, guide).go().weights()).isNotEqualTo(weights);
    }
  }

  @ParameterizedTest
  @MethodSource("special")
  void atItsPapersSpecialCaseItIsAnother(Objective objective, Objective other) {
    try (Bundle guide = model(Run.PLAIN)) {
      assertThat(run(objective, Run.PLAIN, guide).go().weights())
          .isEqualTo(run(other, Run.PLAIN, guide).go().weights());
    }
  }

  /** What is left then is the uniform start of the search, bit for bit. */
  @Test
  void fastBatOfNoLengthIsNoise() {
    try (Bundle guide = model(Run.PLAIN)) {
      Run noise = run(new PgdAt(), Run.PLAIN, guide).settings(s -> s.steps(Curve.constant(0)));
      noise.steps = 0;
      String weights = noise.go().weights();
      assertThat(run(new FastBat(0, 0), Run.PLAIN, guide).go().weights()).isEqualTo(weights);
      assertThat(run(new FastBat(1, 0), Run.PLAIN, guide).go().weights()).isNotEqualTo(weights);
      assertThat(run(new FastBat(0, 1), Run.PLAIN, guide).go().weights()).isNotEqualTo(weights);
    }
  }

  @Test
  void fastBatTakesOneBoxAlone() {
    try (Bundle guide = model(Run.PLAIN)) {
      Run run = run(new FastBat(1, 0.1), Run.PLAIN, guide).with(r -> r.threat = ThreatModel.l2(1));
      assertThatThrownBy(run::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("an L-infinity ball for fast-bat");
    }
  }

  /** Against one ball, MSD is PGD; against two, it finds a higher loss than either alone. */
  @Test
  void aUnionIsTrainedAgainstAsAWhole() {
    ThreatModel union = ThreatModel.union(Run.THREAT, ThreatModel.l2(2));
    try (Bundle guide = model(Run.PLAIN)) {
      String msd = weights(new Msd(), union, guide);
      assertThat(msd).isNotEqualTo(weights(new Msd(), Run.THREAT, guide));
      assertThat(msd).isNotEqualTo(weights(new PgdAt(), union, guide));
      assertThat(weights(new UnionAverage(), union, guide))
          .isNotEqualTo(weights(new PgdAt(), union, guide));
    }
  }

  /** From the second step on the first one's outcomes decide whom samples meet. */
  @Test
  void membersAreDrawnByTheirWeaknessOnAnyNumberOfWorkers() {
    ThreatModel union = ThreatModel.union(Run.THREAT, ThreatModel.l2(8));
    try (Bundle guide = model(Run.NORMED)) {
      Run run =
          run(new UnionSampling(50, 10), Run.NORMED, guide)
              .with(r -> r.threat = union)
              .settings(s -> s.cleanShare(Curve.constant(0.2)).epochs(2));
      String weights = run.go().weights();
      assertThat(run.with(r -> r.workers = 1).go().weights()).isEqualTo(weights);
      run.settings(s -> s.objective(new UnionSampling(0, 10)));
      assertThat(run.go().weights()).as("all drawn alike").isNotEqualTo(weights);
      run.settings(s -> s.objective(new UnionSampling(50, 1)));
      assertThat(run.go().weights()).as("the last step alone counts").isNotEqualTo(weights);
    }
  }

  /** The wide ball fells everything, and is drawn more often with every epoch. */
  @Test
  void howMembersAreDrawnIsOnRecord(@TempDir Path folder) {
    ThreatModel union = ThreatModel.union(ThreatModel.linf(0.001), ThreatModel.l2(20));
    try (Bundle guide = model(Run.NORMED)) {
      run(new UnionSampling(50, 10), Run.NORMED, guide)
          .with(r -> r.threat = union)
          .settings(s -> s.epochs(2))
          .in(folder)
          .go();
      List<JsonNode> chances =
          MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
              .filter(line -> line.path("event").asText().equals("epoch"))
              .map(line -> line.path("member_chances"))
              .toList();
      assertThat(chances).hasSize(2);
      for (JsonNode line : chances) {
        assertThat(line).hasSize(2);
        assertThat(line.get(0).asDouble() + line.get(1).asDouble()).isCloseTo(1, within(1e-9));
      }
      assertThat(chances.get(1).get(1).asDouble()).isGreaterThan(0.6);
      Path plain = folder.resolve("plain");
      run(new PgdAt(), Run.NORMED, guide).with(r -> r.threat = union).in(plain).go();
      assertThat(MetricsLog.read(plain.resolve(RunLog.FILE)))
          .noneMatch(line -> line.has("member_chances"));
    }
  }

  private static String weights(Objective objective, ThreatModel threat, Bundle guide) {
    return run(objective, Run.PLAIN, guide).with(r -> r.threat = threat).go().weights();
  }

  @Test
  void anotherTeacherIsAnotherRun() {
    try (Bundle guide = model(Run.PLAIN);
        Bundle other = model(Run.PLAIN, 5)) {
      Objective objective = new Rslad(0.5, TEACHER);
      assertThat(run(objective, Run.PLAIN, guide).go().weights())
          .isNotEqualTo(run(objective, Run.PLAIN, other).go().weights());
    }
  }

  @Test
  void whatDoesNotGoTogetherIsRefusedTogether() {
    try (Bundle guide = model(Run.NORMED)) {
      Run bounds =
          run(new Ibp(0.5, AT_ONCE), Run.NORMED, guide).with(r -> r.threat = ThreatModel.l2(1));
      assertThatThrownBy(bounds::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("an L-infinity ball for ibp");
      Run late = run(new Ibp(0.5, new Ramp(0.5, 0.75)), Run.NORMED, guide);
      assertThatThrownBy(late::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("warm_up and ramp_up of ibp that are at most 1 together")
          .hasMessageContaining("1.25");
      Run twice = run(new Jacobian(1, 1), Run.NORMED, guide).settings(s -> s.synchronised(true));
      assertThatThrownBy(twice::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("ghost for jacobian");
      Run margins =
          run(new Margins(Margins.Kind.CW, List.of(1.0, 2.0)), Run.NORMED, guide)
              .with(r -> r.threat = null);
      assertThatThrownBy(margins::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a list of 10 numbers for cw-margin, one for each class")
          .hasMessageContaining("a threat model for cw-margin");
      Run lonely = new Run().settings(s -> s.objective(new Rslad(0.5, TEACHER)));
      assertThatThrownBy(lonely::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("train.objective.teacher");
    }
  }

  /** The logits themselves are a layer's values as any other. */
  @Test
  void featuresMayBeTheLogits() {
    try (Bundle guide = model(Run.PLAIN)) {
      Run.Outcome logits =
          run(new FeaturePairing(1, 0.5, Optional.of("out")), Run.PLAIN, guide).go();
      assertThat(run(new FeaturePairing(1, 0.5, Optional.of("conv")), Run.PLAIN, guide).go())
          .isNotEqualTo(logits);
    }
  }

  /** Labels smooth a cross-entropy with them; who has none would not heed the setting. */
  @Test
  void smoothedLabelsAreRefusedWhereThereAreNone() {
    try (Bundle guide = model(Run.PLAIN)) {
      List<Objective> without =
          List.of(
              new Rslad(0.5, TEACHER),
              new Ard(1, 4, TEACHER),
              new Lbgat(1, 6, Guide.given("natural")),
              Margins.HINGE.usual(),
              Cat.SPEC.usual());
      for (Objective objective : without) {
        Run run = run(objective, Run.PLAIN, guide).settings(s -> s.labelSmoothing(0.1));
        assertThatThrownBy(run::go)
            .as(objective.name())
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("train.label_smoothing")
            .hasMessageContaining("0 for " + objective.name());
      }
      Run none =
          run(hybrid(0.5, new Rslad(0.5, TEACHER), 0.5, new Vat(1, 1, 0.1, 1)), Run.PLAIN, guide)
              .settings(s -> s.labelSmoothing(0.1));
      assertThatThrownBy(none::go).hasMessageContaining("train.label_smoothing");
      Run both =
          run(hybrid(0.5, new Rslad(0.5, TEACHER), 0.5, new PgdAt()), Run.PLAIN, guide)
              .settings(s -> s.labelSmoothing(0.1));
      both.go();
    }
  }

  /** A folder numbers its classes by the alphabet, embedded data as they were published. */
  @Test
  void aTeacherOfTheSameClassesInAnotherOrderIsRefused() {
    List<String> backwards = new ArrayList<>(Run.TRAIN.info().classes());
    Collections.reverse(backwards);
    try (Bundle plain = model(Run.PLAIN);
        Bundle turned =
            Bundle.of(plain.network())
                .classNames(backwards)
                .provenance(plain.provenance())
                .build()) {
      Run run = run(new Rslad(0.5, TEACHER), Run.PLAIN, turned);
      assertThatThrownBy(run::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("train.objective.teacher")
          .hasMessageContaining("in their order");
    }
  }

  @Test
  void aTeacherOfOtherClassesAndInputsIsRefused() {
    GraphBuilder g = Graph.builder("other");
    g.input("input", TensorType.floats(5));
    Graph graph = g.output(g.add("out", Linear.of(3))).build();
    try (Bundle other = model(graph)) {
      Run run = run(new Rslad(0.5, TEACHER), Run.PLAIN, other);
      assertThatThrownBy(run::go)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a model of inputs [1, 28, 28]")
          .hasMessageContaining("a model of 10 classes");
    }
  }
}
