package io.holdfast.attack.universal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.Losses;
import io.holdfast.attack.minimal.DeepFool;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Goal;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The three rules by which one perturbation for all is made. */
class UniversalRulesTest {
  private static final Seed SEED = new Seed(5);
  private static final double EPSILON = 0.4;
  private static final int N = 12;

  // ---- ascents, beside a twin in plain doubles

  /** {@code [N][6]}, some near the faces of the box. */
  private static double[][] points() {
    RandomGenerator random = SEED.split("points").generator();
    double[][] x = new double[N][SquaresModel.SIZE];
    for (double[] row : x) {
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) random.nextDouble();
      }
    }
    return x;
  }

  private static int best(double[] z) {
    return IntStream.range(0, z.length).reduce((a, b) -> z[b] > z[a] ? b : a).orElseThrow();
  }

  /** Of those that are attacked, what the driver made of them and what the twin does. */
  private static double apart(Universal plan, int target, boolean stale) {
    SquaresModel model = SquaresModel.draw(SEED);
    double[][] all = points();
    int[] labels = Arrays.stream(all).mapToInt(x -> best(model.logits(x))).toArray();
    int[] attacked = IntStream.range(0, N).filter(i -> labels[i] != target).toArray();
    Seed stream = SEED.split("uap").split(0).split(0);
    List<Seed> seeds = Arrays.stream(attacked).mapToObj(i -> stream.split(id(i))).toList();
    AscentTwin twin =
        new AscentTwin(
            model,
            plan,
            EPSILON,
            Arrays.stream(attacked).mapToObj(i -> all[i]).toArray(double[][]::new),
            Arrays.stream(attacked).map(i -> labels[i]).toArray(),
            seeds,
            target,
            stale);
    ThreatModel threat = ThreatModel.linf(EPSILON);
    try (Scope scope = Scope.open()) {
      AttackResult result =
          run(model, plan, target < 0 ? threat : threat.wanting(Goal.target(target)), all, labels);
      double[] delta = twin.made();
      double largest = 0;
      for (int i = 0; i < attacked.length; i++) {
        double[] made = result.adversarial().select(0, attacked[i]).toDoubles();
        double[] wanted = twin.moved(i, delta);
        for (int j = 0; j < made.length; j++) {
          largest = Math.max(largest, Math.abs(made[j] - wanted[j]));
        }
      }
      return largest;
    }
  }

  private static long id(int i) {
    return 100 + 3L * i;
  }

  private static AttackResult run(
      Classifier model, Universal plan, ThreatModel threat, double[][] x, int[] labels) {
    long[] ids = IntStream.range(0, x.length).mapToLong(UniversalRulesTest::id).toArray();
    return run(model, plan, threat, x, labels, ids, 1);
  }

  private static AttackResult run(
      Classifier model,
      Universal plan,
      ThreatModel threat,
      double[][] x,
      int[] labels,
      long[] ids,
      int workers) {
    float[] values = new float[x.length * x[0].length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) x[i / x[0].length][i % x[0].length];
    }
    Tensor inputs = Tensors.of(values, x.length, x[0].length);
    try (Workers threads = Workers.of(workers)) {
      return new AttackDriver(model, threat, threads).run(plan, inputs, labels, ids, SEED);
    }
  }

  private static final String INNER =
      "uap[rule=sga,steps=5,batch=6,clip=0.3,inner_batch=2,iterations=3]";
  private static final Universal SGA = plan(INNER);

  private static Universal plan(String key) {
    return (Universal) Attacks.parse(key);
  }

  @Test
  void theStepsOfSgaAreThoseOfItsTwin() {
    assertThat(apart(SGA, -1, false)).isLessThan(1e-5);
    assertThat(
            apart(
                plan("uap[rule=sga,steps=5,batch=12,inner_batch=12,iterations=3,clip=0.3]"),
                -1,
                false))
        .isLessThan(1e-5);
    assertThat(apart(SGA, 1, false)).as("towards a class").isLessThan(1e-5);
  }

  /** Of a twin whose inner steps keep the gradients of the outer perturbation they are not. */
  @Test
  void theInnerStepsOfSgaTakeNewGradients() {
    assertThat(apart(SGA, -1, true)).isGreaterThan(0.01);
  }

  @Test
  void theStepsOfSgdAreThoseOfItsTwin() {
    Universal sgd = plan("uap[steps=7,batch=5,clip=0.3]");
    assertThat(apart(sgd, -1, false)).isLessThan(1e-5);
    assertThat(apart(sgd, 2, false)).as("towards a class").isLessThan(1e-5);
  }

  @Test
  void everySampleIsAskedAboutEquallyOften() {
    SquaresModel model = SquaresModel.draw(SEED);
    double[][] x = points();
    int[] labels = Arrays.stream(x).mapToInt(row -> best(model.logits(row))).toArray();
    try (Scope scope = Scope.open()) {
      AttackResult sga = run(model, SGA, ThreatModel.linf(EPSILON), x, labels);
      assertThat(sga.samples()).allMatch(s -> s.gradients() == 15 && s.queries() == 15);
      ThreatModel few = ThreatModel.linf(EPSILON).queries(8);
      AttackResult cut = run(model, SGA, few, x, labels);
      assertThat(cut.samples()).allMatch(s -> s.gradients() == 6 && s.queries() == 6);
    }
  }

  /** Nor on workers: all samples are one task. */
  @Test
  void perturbationsDoNotDependOnTheOrderOfTheSamples() {
    SquaresModel model = SquaresModel.draw(SEED);
    double[][] x = points();
    int[] labels = Arrays.stream(x).mapToInt(row -> best(model.logits(row))).toArray();
    int[] back = IntStream.range(0, N).map(i -> N - 1 - i).toArray();
    for (Universal plan : List.of(SGA, plan("uap[rule=deepfool,steps=2]"))) {
      try (Scope scope = Scope.open()) {
        long[] ids = IntStream.range(0, N).mapToLong(UniversalRulesTest::id).toArray();
        Tensor usual = made(model, plan, x, labels, ids);
        Tensor other =
            made(
                model,
                plan,
                Arrays.stream(back).mapToObj(i -> x[i]).toArray(double[][]::new),
                Arrays.stream(back).map(i -> labels[i]).toArray(),
                Arrays.stream(back).mapToLong(i -> ids[i]).toArray());
        for (int i = 0; i < N; i++) {
          double[] a = usual.select(0, i).toDoubles();
          assertThat(other.select(0, back[i]).toDoubles()).containsExactly(a, within(1e-5));
        }
      }
    }
  }

  private static Tensor made(
      Classifier model, Universal plan, double[][] x, int[] labels, long[] ids) {
    return run(model, plan, ThreatModel.linf(EPSILON), x, labels, ids, 2).adversarial();
  }

  // ---- DeepFool: a plane, so that one direction is everybody's shortest way

  /** Two classes of three inputs: the second where {@code score} ({@code [N, 1]}) is above 0. */
  private record TwoClasses(UnaryOperator<Tensor> score) implements Classifier {
    @Override
    public int classes() {
      return 2;
    }

    @Override
    public long[] inputShape() {
      return new long[] {3};
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor z = score.apply(x); // [N, 1]
      return Tensors.cat(List.of(z.neg(), z), 1); // [N, 2]
    }
  }

  /** Class 1 where {@code 3 x_0 + 4 x_1 > 5}; the distance is {@code |3 x_0 + 4 x_1 - 5| / 5}. */
  private static Classifier plane() {
    return new TwoClasses(x -> x.matmul(Tensors.of(new float[] {3, 4, 0}, 3, 1)).sub(5));
  }

  /** Ten points of class 0: eight at 0.01, .., 0.08 from the plane, two at 0.4. */
  private static double[][] beforeThePlane() {
    double[][] x = new double[10][];
    for (int i = 0; i < x.length; i++) {
      double d = i < 8 ? 0.01 * (i + 1) : 0.4;
      x[i] = new double[] {0.6 - 0.6 * d, 0.8 - 0.8 * d, 0.1 * i};
    }
    return x;
  }

  private static final Universal DEEPFOOL = plan("uap[rule=deepfool,steps=6]");
  private static final Universal TO_THE_LAST = plan("uap[rule=deepfool,steps=6,rate=1]");

  private static AttackResult overThePlane(Universal plan, int from, int to) {
    double[][] x = Arrays.copyOfRange(beforeThePlane(), from, to);
    return run(plane(), plan, ThreatModel.l2(0.15), x, new int[to - from]);
  }

  private static long fallen(AttackResult result) {
    return result.samples().stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  /** Two of ten are out of reach: a rate of 0.8 ends after the pass that fools the eight. */
  @Test
  void deepFoolEndsAtTheWantedRate() {
    try (Scope scope = Scope.open()) {
      AttackResult enough = overThePlane(DEEPFOOL, 0, 10);
      assertThat(fallen(enough)).isEqualTo(8);
      AttackResult all = overThePlane(TO_THE_LAST, 0, 10);
      assertThat(fallen(all)).isEqualTo(8);
      long once = enough.samples().stream().mapToLong(AttackResult.Sample::queries).max().orElse(0);
      assertThat(once).as("one pass: two looks, a step and the look at all").isLessThanOrEqualTo(6);
      assertThat(all.samples()).allMatch(s -> s.queries() >= 2 * 6);
    }
  }

  /** One sample's perturbation is DeepFool's own; the second adds only what is missing. */
  @Test
  void whoIsNotFooledAddsTheRestOfTheShortestWay() {
    try (Scope scope = Scope.open()) {
      for (int last = 1; last <= 8; last++) {
        AttackResult result = overThePlane(TO_THE_LAST, 0, last);
        double length = result.samples().get(0).distances().l2();
        assertThat(fallen(result)).isEqualTo(last);
        assertThat(length).isBetween(0.01 * last, 0.01 * last * 1.02 + last * 2e-4);
        double[] made = result.adversarial().select(0, 0).toDoubles();
        double[] clean = beforeThePlane()[0];
        assertThat(made[0] - clean[0]).isCloseTo(0.6 * length, within(1e-5));
        assertThat(made[2]).as("a value that no way goes along").isCloseTo(clean[2], within(1e-6));
      }
    }
  }

  /** Whoever is fooled already is only looked at. */
  @Test
  void whoIsFooledAddsNothing() {
    try (Scope scope = Scope.open()) {
      AttackResult result = overThePlane(TO_THE_LAST, 0, 8);
      long first = result.samples().stream().filter(s -> s.gradients() > 0).count();
      assertThat(first).as("who added something").isBetween(1L, 7L);
      assertThat(result.samples()).allMatch(s -> s.queries() >= 2);
    }
  }

  /** A boundary that is not reached in the steps that a sample has moves nothing. */
  @Test
  void aWayThatEndsBeforeTheBoundaryIsNotAdded() {
    try (Scope scope = Scope.open()) {
      double[][] far = {{0, 0, 0.5}}; // after one step a point without a slope
      ThreatModel threat = ThreatModel.l2(1.5).queries(40);
      AttackResult result = run(cliff(), DEEPFOOL, threat, far, new int[1]);
      assertThat(result.samples().get(0).distances().l2()).isZero();
      assertThat(result.samples().get(0).gradients()).isGreaterThan(5);
    }
  }

  /** Class 0 everywhere, with a slope that says otherwise. */
  private static Classifier cliff() {
    return new TwoClasses(x -> x.square().sumKeep(1).neg().sub(10));
  }

  // ---- settings

  @Test
  void settingsAreReadAndWritten() {
    for (String key :
        List.of(INNER, "uap[rule=deepfool,steps=3,rate=0.9,crossing_steps=7,overshoot=0.1]")) {
      assertThat(plan(key).key()).isEqualTo(key);
    }
    assertThat(plan("uap[rule=deepfool,steps=3,overshoot=0.1]"))
        .isEqualTo(
            Universal.steps(3)
                .rule(Universal.Rule.DEEPFOOL)
                .with(new CrossingSettings(0.8, new DeepFool(10, 0.1))));
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    assertThatThrownBy(() -> new AscentSettings(0, 0, 0, 2, Losses.KL, -1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(
            "batch", "inner_batch", "iterations", "relative_step", "loss", "clip");
  }
}
