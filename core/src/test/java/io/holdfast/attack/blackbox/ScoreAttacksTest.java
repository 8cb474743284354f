package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.Reference;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The attacks by scores through the driver, against models that give no gradients. */
class ScoreAttacksTest {
  private static final Seed SEED = new Seed(5);
  private static final int POINTS = 60;

  private static Tensor inputs(Classifier model) {
    long[] shape = model.inputShape();
    return Rng.of(SEED).uniform(0.2, 0.8, POINTS, shape[0], shape[1], shape[2]);
  }

  private static int[] labels(Classifier model, Tensor x) {
    return Arrays.stream(model.logits(x).argmax(1).toLongs()).mapToInt(k -> (int) k).toArray();
  }

  private static AttackResult run(
      Classifier model, Attack attack, ThreatModel threat, int... some) {
    Tensor x = inputs(model);
    int[] labels = labels(model, x);
    int[] rows = some.length == 0 ? IntStream.range(0, POINTS).toArray() : some;
    Tensor chosen =
        Tensors.cat(Arrays.stream(rows).mapToObj(i -> x.slice(0, i, i + 1)).toList(), 0);
    try (Workers one = Workers.of(1)) {
      return new AttackDriver(model, threat.knowing(Knowledge.SCORE), one)
          .run(
              attack,
              chosen,
              Arrays.stream(rows).map(i -> labels[i]).toArray(),
              Arrays.stream(rows).asLongStream().toArray(),
              SEED);
    }
  }

  private static List<Sample> samples(Attack attack, String threat) {
    try (Scope scope = Scope.open()) {
      return run(new ImageModel(3), attack, ThreatModel.parse(threat)).samples();
    }
  }

  private static long fallen(List<Sample> samples) {
    return samples.stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  /** The median of the queries of those that fell, those that held last. */
  private static double median(List<Sample> samples) {
    double[] sorted =
        samples.stream()
            .mapToDouble(s -> s.outcome() == Outcome.FELL ? s.queries() : Double.MAX_VALUE)
            .sorted()
            .toArray();
    return sorted[sorted.length / 2];
  }

  @ParameterizedTest
  @CsvSource({
    "'nes[samples=10,queries=%d]', linf:0.02",
    "'nes[samples=10,queries=%d]', l2:0.3",
    "'spsa[samples=10,queries=%d]', linf:0.02",
    "'bandits[queries=%d]', linf:0.03",
    "'bandits[queries=%d]', l2:0.3",
    "'simba[queries=%d]', linf:0.04",
    "'simba[queries=%d]', l2:0.4",
    "'simba[basis=dct,queries=%d]', l2:0.4",
    "'genattack[queries=%d]', linf:0.04",
    "'one-pixel[population=10,queries=%d]', pixels:2",
    "'pixle[queries=%d]', pixels:10",
    "'sparse-rs[queries=%d]', pixels:2",
    "'sparse-rs[queries=%d]', patch:2",
    "'sparse-rs[queries=%d]', frame:1",
    "'zoo[queries=%d,searches=1,coordinates=16,learning_rate=0.03,constant=10]', l2:0.3"
  })
  void moreQueriesFellMore(String attack, String threat) {
    long last = 0;
    long first = 0;
    for (int queries : new int[] {6, 40, 130, 400}) {
      long fallen = fallen(samples(Attacks.parse(attack.formatted(queries)), threat));
      assertThat(fallen).as("%d queries", queries).isGreaterThanOrEqualTo(last);
      first = queries == 6 ? fallen : first;
      last = fallen;
    }
    assertThat(last).isGreaterThan(first + 3);
  }

  @ParameterizedTest
  @CsvSource({
    "'nes[samples=10,queries=30,restarts=2]', linf:0.002",
    "'spsa[samples=10,queries=30,restarts=2]', linf:0.002",
    "'bandits[queries=30,restarts=2]', linf:0.002",
    "'simba[queries=30,restarts=2]', linf:0.002",
    "'genattack[queries=30,restarts=2]', linf:0.002",
    "'one-pixel[population=10,queries=30,restarts=2]', pixels:1",
    "'pixle[queries=30,restarts=2]', pixels:1",
    "'sparse-rs[queries=30,restarts=2]', pixels:1",
    "'zoo[queries=30,searches=1,coordinates=5,restarts=2]', l2:0.02"
  })
  void spendsWhatItMayAndNoMore(String text, String threat) {
    Attack attack = Attacks.parse(text);
    List<Sample> held =
        samples(attack, threat).stream().filter(s -> s.outcome() == Outcome.HELD).toList();
    assertThat(held).isNotEmpty().allMatch(s -> s.queries() == 60 && s.gradients() == 0);
    List<Sample> bound = samples(attack, threat + "[query_budget=41]");
    assertThat(bound).allMatch(s -> s.queries() <= 41);
    assertThat(bound).anyMatch(s -> s.outcome() == Outcome.HELD && s.queries() == 41);
  }

  /** With the same stream, who stands beside a sample changes nothing, queries included. */
  @ParameterizedTest
  @CsvSource({
    "'nes[samples=10,queries=80]', linf:0.03",
    "'spsa[samples=10,queries=80]', linf:0.03",
    "'bandits[queries=80]', linf:0.03",
    "'simba[basis=dct,queries=80]', l2:0.4",
    "'simba[basis=dct,queries=80]', 'l2:0.4[query_budget=41]'",
    "'nes[samples=10,queries=80]', 'linf:0.03[query_budget=37]'",
    "'genattack[population=20,queries=80]', linf:0.06",
    "'one-pixel[population=20,queries=80]', pixels:3",
    "'pixle[queries=80]', pixels:20",
    "'sparse-rs[queries=80]', patch:3",
    "'zoo[queries=330,searches=2,coordinates=16,learning_rate=0.03,constant=10]', l2:0.4"
  })
  void neighboursDoNotMatter(String text, String threat) {
    Attack attack = Attacks.parse(text);
    List<Sample> together = samples(attack, threat);
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 8; i++) {
        Sample alone =
            run(new ImageModel(3), attack, ThreatModel.parse(threat), i).samples().get(0);
        assertThat(alone.outcome()).isEqualTo(together.get(i).outcome());
        assertThat(alone.queries()).isEqualTo(together.get(i).queries());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'nes[samples=10,queries=200]', linf:0.2",
    "'spsa[samples=10,queries=200,learning_rate=0.05]', linf:0.2",
    "'bandits[queries=200]', linf:0.2",
    "'simba[queries=300]', l2:3",
    "'genattack[queries=300]', linf:0.3",
    "'one-pixel[population=20,queries=300]', pixels:20",
    "'pixle[queries=300]', pixels:100",
    "'sparse-rs[queries=300]', pixels:20",
    "'sparse-rs[queries=300]', patch:5",
    "'sparse-rs[queries=300]', frame:1",
    "'zoo[queries=1000,searches=1,coordinates=32,learning_rate=0.1,constant=10]', l2:3"
  })
  void reachesATarget(String text, String threat) {
    List<Sample> samples = samples(Attacks.parse(text), threat + "[goal=class:1]");
    assertThat(fallen(samples)).isGreaterThan(POINTS / 4);
    assertThat(samples)
        .filteredOn(s -> s.outcome() == Outcome.FELL)
        .allMatch(s -> s.prediction() == 1 && s.label() != 1);
  }

  /** Guo et al. 2019, section 4: low frequencies need fewer queries. */
  @Test
  void wavesAreQuickerThanPixelsWhereSlopesAreSmooth() {
    Simba pixels = Simba.SPEC.usual().queries(2000);
    try (Scope scope = Scope.open()) {
      ThreatModel threat = ThreatModel.l2(1);
      List<Sample> single = run(new SmoothModel(), pixels, threat).samples();
      List<Sample> waves = run(new SmoothModel(), pixels.basis(Simba.Basis.DCT), threat).samples();
      assertThat(fallen(waves)).isGreaterThanOrEqualTo(fallen(single)).isGreaterThan(POINTS / 3);
      assertThat(median(waves)).isLessThan(median(single) / 2);
    }
  }

  /** Chen et al. 2017, "attack-space dimension reduction": fewer coordinates need fewer queries. */
  @Test
  void zooIsQuickerInASmallSpaceWhereSlopesAreSmooth() {
    Zoo whole = Zoo.SPEC.usual().queries(1300).searches(1).coordinates(2).rate(0.1).constant(10);
    try (Scope scope = Scope.open()) {
      ThreatModel threat = ThreatModel.l2(1);
      List<Sample> all = run(new SmoothModel(), whole, threat).samples();
      List<Sample> small = run(new SmoothModel(), whole.space(4), threat).samples();
      assertThat(fallen(small)).isGreaterThanOrEqualTo(fallen(all));
      assertThat(median(small)).isLessThan(median(all) / 2);
    }
  }

  /** Ilyas et al. 2019, section 4: priors need fewer queries than NES. */
  @ParameterizedTest
  @ValueSource(strings = {"linf:0.02", "l2:0.5"})
  void banditsAreQuickerThanNesWhereSlopesAreSmooth(String threat) {
    try (Scope scope = Scope.open()) {
      ThreatModel ball = ThreatModel.parse(threat);
      List<Sample> nes = run(new SmoothModel(), Nes.SPEC.usual().queries(2000), ball).samples();
      List<Sample> bandits = run(new SmoothModel(), Bandits.queries(2000), ball).samples();
      assertThat(median(bandits)).isLessThan(median(nes) / 2);
      // tiles are coarser than the slopes: near the limit NES gets a few more in the end
      assertThat(fallen(bandits)).isGreaterThanOrEqualTo(fallen(nes) - POINTS / 6);
    }
  }

  @Test
  void onePixelChangesOnePixel() {
    try (Scope scope = Scope.open()) {
      ImageModel model = new ImageModel(3);
      Attack attack = OnePixel.SPEC.usual().population(50).queries(1000);
      AttackResult result = run(model, attack, ThreatModel.parse("pixels:1"));
      Tensor differs = result.adversarial().ne(inputs(model)); // [N, 3, 8, 8]
      double[] changed = differs.to(DType.FLOAT32).max(1).sum(1, 2).toDoubles(); // [N] pixels
      for (int i = 0; i < POINTS; i++) {
        boolean fell = result.samples().get(i).outcome() == Outcome.FELL;
        assertThat(changed[i]).isBetween(fell ? 1.0 : 0.0, 1.0);
      }
      assertThat(fallen(result.samples())).isBetween(3L, POINTS - 3L);
    }
  }

  /** Croce et al. 2022, section 4: random search over pixels is stronger at equal queries. */
  @ParameterizedTest
  @ValueSource(strings = {"pixels:1", "pixels:2", "pixels:4"})
  void sparseRandomSearchIsAtLeastAsStrongAsEvolution(String threat) {
    for (int queries : new int[] {100, 400}) {
      Attack one = OnePixel.SPEC.usual().population(40).queries(queries);
      long evolved = fallen(samples(one, threat));
      long random = fallen(samples(SparseRs.queries(queries), threat));
      assertThat(random).as("%d queries", queries).isGreaterThanOrEqualTo(evolved);
    }
  }

  /**
   * On a linear model the smallest L2 change is known: the least of the margins over the lengths of
   * their slopes' differences.
   */
  @ParameterizedTest
  @CsvSource({"adam, 0.003, 0.002", "newton, 0.02, 0.5"})
  void zooFindsNearlyTheSmallestChange(String solver, double difference, double rate) {
    String text =
        "zoo[queries=24000,searches=8,coordinates=32,solver=%s,difference=%s,learning_rate=%s]"
            .formatted(solver, difference, rate);
    try (Scope scope = Scope.open()) {
      ImageModel model = new ImageModel(1);
      double[] exact = distances(model);
      List<Sample> samples =
          run(model, Attacks.parse(text), ThreatModel.smallest(Norm.L2), 0, 1, 2, 3, 4, 5)
              .samples();
      for (int i = 0; i < samples.size(); i++) {
        assertThat(samples.get(i).outcome()).isEqualTo(Outcome.FELL);
        assertThat(samples.get(i).distances().l2()).isBetween(0.999 * exact[i], 1.2 * exact[i]);
      }
    }
  }

  /** What falls short of the margin that is asked for does not count as the smallest change. */
  @Test
  void zooFindsTheSmallestChangeOfAMargin() {
    double confidence = 0.3;
    Attack attack =
        Attacks.parse(
            "zoo[queries=9000,searches=3,coordinates=32,learning_rate=0.005,constant=10,confidence=%s]"
                .formatted(confidence));
    try (Scope scope = Scope.open()) {
      ImageModel model = new ImageModel(1);
      int[] few = {0, 1, 2, 3, 4, 5};
      AttackResult result = run(model, attack, ThreatModel.smallest(Norm.L2), few);
      double[] z = model.logits(result.adversarial()).toDoubles(); // [6 3]
      for (int i = 0; i < few.length; i++) {
        Sample sample = result.samples().get(i);
        assertThat(sample.outcome()).isEqualTo(Outcome.FELL);
        double best = Math.max(Math.max(z[3 * i], z[3 * i + 1]), z[3 * i + 2]);
        assertThat(best - z[3 * i + sample.label()]).isGreaterThan(0.99 * confidence);
      }
    }
  }

  private static double[] distances(ImageModel model) {
    Tensor x = inputs(model);
    Tensor logits = model.logits(x); // [N, K]
    Tensor basis = Tensors.zeros(64, 64);
    for (int i = 0; i < 64; i++) {
      basis.select(0, i).select(0, i).fillInPlace(1);
    }
    double[] weights = // [D, K]
        model.logits(basis.view(64, 1, 8, 8).add(0.5)).toDoubles();
    double[] z = logits.toDoubles();
    int[] labels = labels(model, x);
    double[] least = new double[POINTS];
    for (int i = 0; i < POINTS; i++) {
      least[i] = Double.POSITIVE_INFINITY;
      for (int k = 0; k < 3; k++) {
        double squares = 0;
        for (int j = 0; j < 64; j++) {
          double slope = weights[j * 3 + labels[i]] - weights[j * 3 + k];
          squares += slope * slope;
        }
        double margin = z[i * 3 + labels[i]] - z[i * 3 + k];
        least[i] = k == labels[i] ? least[i] : Math.min(least[i], margin / Math.sqrt(squares));
      }
    }
    return least;
  }

  /** Differences of neighbouring scores drown in bfloat16. */
  @Test
  void searchesByDifferencesAreInFloat32() {
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      ImageModel model = new ImageModel(3);
      Tensor x = inputs(model);
      for (String attack : List.of("nes", "spsa", "bandits", "zoo", "square")) {
        Attack few = Attacks.parse(attack + "[queries=3]");
        ThreatModel threat = ThreatModel.l2(0.01);
        AttackResult result =
            new AttackDriver(model, threat, one)
                .withPrecision(Precision.BFLOAT16)
                .run(few, x, labels(model, x), LongStream.range(0, POINTS).toArray(), SEED);
        String expected = attack.equals("square") ? "bfloat16" : "float32";
        assertThat(result.precision()).as(attack).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nes, l1:1",
    "spsa, pixels:1",
    "bandits, l1:1",
    "zoo, linf:0.1",
    "simba, frame:1",
    "genattack, l2:1",
    "one-pixel, linf:0.1",
    "one-pixel, l0:3",
    "pixle, patch:2",
    "sparse-rs, l2:1",
    "nes, linf:0.1+pixels:2"
  })
  void refusesOtherSetsByName(String attack, String threat) {
    assertThatThrownBy(() -> samples(Attacks.parse(attack), threat))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a threat model of ")
        .hasMessageContaining(threat);
  }

  @ParameterizedTest
  @CsvSource({
    "'nes[samples=3]', samples",
    "'nes[momentum=1]', momentum",
    "'spsa[samples=0]', samples",
    "'bandits[tile=0]', tile",
    "'bandits[distance=-1]', distance",
    "'zoo[solver=sgd]', solver",
    "'simba[basis=haar]', basis",
    "'genattack[population=1]', population",
    "'one-pixel[population=3]', population",
    "'pixle[tries=0]', tries",
    "'sparse-rs[alpha_init=0]', alpha_init",
    "'nes[sample=4]', did you mean samples"
  })
  void refusesSettingsByName(String text, String named) {
    assertThatThrownBy(() -> Attacks.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nes[queries=7,samples=4,sigma=0.5,relative_step=0.3,momentum=0.5,restarts=2]",
        "spsa[queries=7,samples=4,delta=0.5,learning_rate=0.25]",
        "bandits[queries=7,tile=3,exploration=0.5,distance=0.25,prior_rate=2.0,relative_step=0.5]",
        "zoo[queries=7,searches=2,coordinates=3,solver=newton,confidence=1.0,importance=true,space=8]",
        "simba[basis=dct,queries=7,step=0.5,frequencies=0.5]",
        "genattack[population=4,queries=7,mutation_rate=0.5]",
        "genattack[queries=7,adaptive=true]",
        "one-pixel[population=4,queries=7,scale=0.75]",
        "pixle[queries=7,tries=3,least=1,most=4]",
        "sparse-rs[queries=7,alpha_init=0.5,resc_schedule=false]"
      })
  void keysReadBackAsTheyWereWritten(String text) {
    assertThat(Attacks.parse(text).key()).isEqualTo(text);
  }

  /** The fitness of GenAttack and its slope against the definition, in double. */
  @Test
  void oddsAreThoseOfTheProbabilities() {
    try (Scope scope = Scope.open()) {
      Tensor logits = Rng.of(SEED).normal(20, 5).mul(3);
      double[] p = Nn.softmax(logits, 1).toDoubles();
      long[] classes = Rng.of(SEED.split(1)).integers(5, 20).toLongs();
      Tensor anchor = Tensors.of(classes, 20);
      double[] away = new LogOdds().value(logits, Reference.labels(anchor)).toDoubles();
      double[] near = new LogOdds().value(logits, Reference.targets(anchor, anchor)).toDoubles();
      for (int i = 0; i < 20; i++) {
        double own = p[i * 5 + (int) classes[i]];
        assertThat(away[i]).isCloseTo(Math.log((1 - own) / own), within(1e-3));
        assertThat(near[i]).isEqualTo(-away[i]);
      }
      Tensor slope = new LogOdds().cotangent(logits, Reference.labels(anchor)); // [N, K]
      Tensor further = logits.add(slope, 1e-2);
      double[] after = new LogOdds().value(further, Reference.labels(anchor)).toDoubles();
      double[] lengths = slope.square().sum(1).toDoubles();
      for (int i = 0; i < 20; i++) {
        assertThat((after[i] - away[i]) / 1e-2).isCloseTo(lengths[i], withinPercentage(3));
      }
    }
  }
}
