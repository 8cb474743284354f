package io.holdfast.attack.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.Norm;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SquareTest {
  private static final Seed SEED = new Seed(5);
  private static final int POINTS = 80;
  private static final Domain WIDE = new Domain(-100, 100);

  /** The share of pixels at each step of 10,000, and at the like step of fewer queries. */
  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "10, 1",
    "11, 2",
    "50, 2",
    "51, 4",
    "200, 4",
    "201, 8",
    "500, 8",
    "501, 16",
    "1000, 16",
    "1001, 32",
    "2000, 32",
    "2001, 64",
    "4000, 64",
    "4001, 128",
    "6000, 128",
    "6001, 256",
    "8000, 256",
    "8001, 512",
    "9999, 512"
  })
  void halvesAsThePaperDoes(int step, int part) {
    Square square = Square.queries(10_000);
    assertThat(square.share(step, 10_000)).isEqualTo(0.8 / part);
    assertThat(square.pInit(0.1).rescale(false).share(step, 500)).isEqualTo(0.1 / part);
    if (step % 10 == 0) {
      assertThat(square.share(step / 10, 1000)).isEqualTo(0.8 / part);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"L2", "L1"})
  void ballsAreUsedToTheFull(Norm norm) {
    double epsilon = 1.5;
    Walk walk = walk(new Canvas(3, 13, 11, new Additive(norm, epsilon), WIDE), 200);
    for (int query = 0; query < 200; query++) {
      walk.propose(query);
      double length = 0;
      for (int i = 0; i < walk.next.length; i++) {
        double change = Math.abs(walk.next[i] - walk.clean[i]);
        length += norm == Norm.L2 ? change * change : change;
      }
      length = norm == Norm.L2 ? Math.sqrt(length) : length;
      assertThat(length).as("query %d", query).isCloseTo(epsilon, within(1e-5));
      walk.hear(query % 3);
    }
  }

  /** A value moves by epsilon or to the face of the domain; a proposal moves one full window. */
  @Test
  void linfProposalsMoveOneWindowToTheFaces() {
    Canvas canvas = new Canvas(2, 9, 9, new Additive(Norm.LINF, 0.3), Domain.UNIT);
    Walk walk = walk(canvas, 300);
    for (int query = 0; query < 300; query++) {
      walk.propose(query);
      int changed = 0;
      for (int i = 0; i < walk.next.length; i++) {
        float up = canvas.clamp(walk.clean[i] + 0.3);
        float down = canvas.clamp(walk.clean[i] - 0.3);
        assertThat(walk.next[i] == up || walk.next[i] == down).isTrue();
        changed += walk.next[i] == walk.best[i] ? 0 : 1;
      }
      int side = (int) Math.rint(Math.sqrt(81 * Square.queries(300).share(query - 1, 300)));
      int most = query == 0 ? 162 : 2 * Math.max(1, side * side);
      assertThat(changed).as("query %d", query).isBetween(1, most);
      walk.hear(query);
    }
  }

  /** The nested rectangles of equation 2, summed one by one: 3 rows over 4 of a window of 7. */
  @Test
  void patternsAreNestedRectangles() {
    double[][] expected = new double[7][7];
    for (int k = 0; k < 4; k++) {
      for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 7; j++) {
          boolean upper = i < 3 && Math.abs(i - 1) <= k && Math.abs(j - 3) <= k;
          boolean lower = i >= 3 && Math.abs(i - 5) <= k && Math.abs(j - 3) <= k;
          expected[i][j] += upper || lower ? 1.0 / ((k + 1) * (k + 1)) : 0;
        }
      }
    }
    double[] length = new double[2];
    for (int i = 0; i < 7; i++) {
      length[i < 3 ? 0 : 1] += Arrays.stream(expected[i]).map(v -> v * v).sum();
    }
    Canvas canvas =
        new Canvas(1, 35, 35, new Additive(Norm.L2, 5), WIDE); // 25 tiles, each of length 1
    Walk walk = walk(canvas, 10);
    walk.propose(0);
    for (int tile = 0; tile < 25; tile++) {
      int row = tile / 5 * 7;
      int column = tile % 5 * 7;
      double direct = 0; // agreement with the pattern, and with the pattern turned
      double turned = 0;
      for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 7; j++) {
          int at = canvas.at(0, row + i, column + j);
          double change = walk.next[at] - walk.clean[at];
          int half = i < 3 ? 0 : 1;
          direct += change * (1 - 2 * half) * expected[i][j] / Math.sqrt(2 * length[half]);
          half = j < 3 ? 0 : 1;
          turned += change * (1 - 2 * half) * expected[j][i] / Math.sqrt(2 * length[half]);
        }
      }
      assertThat(Math.max(Math.abs(direct), Math.abs(turned))).isCloseTo(1, within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({"linf:0.03", "l2:0.3", "l1:1.2"})
  void moreQueriesFellMore(String ball) {
    ThreatModel threat = ThreatModel.parse(ball).knowing(Knowledge.SCORE);
    long last = 0;
    long first = 0;
    for (int queries : new int[] {1, 8, 40, 200}) {
      long fallen = fallen(run(Square.queries(queries), threat));
      assertThat(fallen).as("%d queries", queries).isGreaterThanOrEqualTo(last);
      first = queries == 1 ? fallen : first;
      last = fallen;
    }
    assertThat(last).isGreaterThan(first + 5).isLessThan(POINTS);
  }

  @Test
  void spendsWhatItMayAndNoMore() {
    ThreatModel threat = ThreatModel.linf(0.02).knowing(Knowledge.SCORE);
    List<Sample> free = run(Square.queries(30).restarts(2), threat);
    List<Sample> held = free.stream().filter(s -> s.outcome() == Outcome.HELD).toList();
    assertThat(held).isNotEmpty().allMatch(s -> s.queries() == 60 && s.gradients() == 0);
    assertThat(free).anyMatch(s -> s.outcome() == Outcome.FELL && s.queries() < 30);
    List<Sample> bound = run(Square.queries(30).restarts(2), threat.queries(41));
    assertThat(bound).allMatch(s -> s.queries() <= 41);
    assertThat(bound).anyMatch(s -> s.outcome() == Outcome.HELD && s.queries() == 41);
  }

  /** With the same stream, who stands beside a sample changes nothing. */
  @Test
  void neighboursDoNotMatter() {
    ThreatModel threat = ThreatModel.l2(0.3);
    List<Sample> together = run(Square.queries(50), threat);
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      Tensor x = inputs();
      int[] labels = labels(x);
      for (int i = 0; i < 10; i++) {
        Sample alone =
            new AttackDriver(new ImageModel(3), threat, one)
                .run(
                    Square.queries(50),
                    x.slice(0, i, i + 1),
                    new int[] {labels[i]},
                    new long[] {i},
                    SEED)
                .samples()
                .get(0);
        assertThat(alone.outcome()).isEqualTo(together.get(i).outcome());
        assertThat(alone.queries()).isEqualTo(together.get(i).queries());
      }
    }
  }

  @Test
  void reachesATarget() {
    ThreatModel threat = ThreatModel.linf(0.4).wanting(Goal.target(1));
    List<Sample> samples = run(Square.queries(100), threat);
    assertThat(fallen(samples)).isGreaterThan(POINTS / 3);
    assertThat(samples)
        .filteredOn(s -> s.outcome() == Outcome.FELL)
        .allMatch(s -> s.prediction() == 1);
  }

  @Test
  void refusesWhatItCannotDo() {
    ThreatModel turning = ThreatModel.of(new RotationTranslation(8, 0.05));
    assertThatThrownBy(() -> run(Square.queries(5), turning))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a threat model of linf, l2, l1");
    assertThatThrownBy(() -> Square.queries(5).checkInputs(new long[] {12}))
        .hasMessageContaining("images [C, H, W]")
        .hasMessageContaining("[12]");
    assertThatThrownBy(
            () -> run(Square.queries(5), ThreatModel.linf(0.1).knowing(Knowledge.DECISION)))
        .hasMessageContaining("needs score");
    assertThatThrownBy(() -> Attacks.parse("square[p_init=1.1,queries=0]"))
        .hasMessageContaining("p_init")
        .hasMessageContaining("queries");
    assertThat(Attacks.parse("square")).isEqualTo(Square.queries(5000));
    assertThat(Square.queries(5000).share(3000, 5000))
        .as("AutoAttack's component")
        .isEqualTo(Square.queries(5000).rescale(false).share(3000, 5000))
        .isGreaterThan(Square.queries(5000).rescale(true).share(3000, 5000));
    assertThat(Square.queries(5000).share(600, 1000))
        .as("a threat model that allows fewer queries")
        .isEqualTo(Square.queries(5000).rescale(true).share(600, 1000));
    assertThat(Square.queries(4000).share(3000, 4000))
        .isEqualTo(Square.queries(4000).rescale(true).share(3000, 4000));
  }

  private static Walk walk(Canvas canvas, int planned) {
    RandomGenerator random = SEED.generator();
    float[] clean = new float[canvas.size()];
    for (int i = 0; i < clean.length; i++) {
      clean[i] = random.nextFloat();
    }
    return Square.queries(planned).walk(canvas, planned, clean, random);
  }

  private static long fallen(List<Sample> samples) {
    return samples.stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  private static Tensor inputs() {
    return Rng.of(SEED).uniform(0.2, 0.8, POINTS, 3, 8, 8);
  }

  private static int[] labels(Tensor x) {
    long[] best = new ImageModel(3).logits(x).argmax(1).toLongs();
    return Arrays.stream(best).mapToInt(k -> (int) k).toArray();
  }

  /** Against a model that gives no gradients. */
  private static List<Sample> run(Square attack, ThreatModel threat) {
    try (Scope scope = Scope.open();
        Workers one = Workers.of(1)) {
      Tensor x = inputs();
      long[] ids = LongStream.range(0, POINTS).toArray();
      return new AttackDriver(new ImageModel(3), threat, one)
          .run(attack, x, labels(x), ids, SEED)
          .samples();
    }
  }
}
