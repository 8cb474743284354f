package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.blackbox.Bandits;
import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What searches try for settings. */
class AxisTest {
  private static List<String> draws(Axis axis, int number) {
    RandomGenerator random = new Seed(5).generator();
    return IntStream.range(0, number).mapToObj(i -> axis.draw(random)).toList();
  }

  private static Axis of(ListedAttack<?> attack, String key) {
    return attack.axes().stream().filter(axis -> axis.key().equals(key)).findFirst().orElseThrow();
  }

  @Test
  void sizesAreDrawnEvenlyByTheirLogarithms() {
    List<String> draws = draws(of(Pgd.steps(10), "relative_step"), 4000);
    double[] values = draws.stream().mapToDouble(Double::parseDouble).toArray();
    for (double value : values) {
      assertThat(value).isBetween(0.25 / 8, 0.25 * 8);
    }
    for (double edge : new double[] {0.25 / 4, 0.25, 0.25 * 4}) {
      double below = 0;
      for (double value : values) {
        below += value < edge ? 1.0 / values.length : 0;
      }
      double expected = (Math.log(edge) - Math.log(0.25 / 8)) / Math.log(64);
      assertThat(below).isBetween(expected - 0.03, expected + 0.03);
    }
  }

  @Test
  void wholeNumbersReachBothEnds() {
    assertThat(Set.copyOf(draws(new Axis.Whole("x", 0, 8, false), 2000)))
        .isEqualTo(
            IntStream.rangeClosed(0, 8).mapToObj(Integer::toString).collect(Collectors.toSet()));
    assertThat(Set.copyOf(draws(new Axis.Whole("x", 1, 8, true), 2000)))
        .isEqualTo(Set.of("1", "3", "5", "7"));
    assertThat(Set.copyOf(draws(Axis.Whole.around("x", 1, 1, 1_000_000, false), 2000)))
        .isEqualTo(
            IntStream.rangeClosed(1, 8).mapToObj(Integer::toString).collect(Collectors.toSet()));
  }

  @Test
  void wholeNumbersAreEvenWhereTheyAreNoSizes() {
    List<String> draws = draws(new Axis.Whole("x", 0, 9, false, false), 5000);
    for (int value = 0; value <= 9; value++) {
      assertThat(Collections.frequency(draws, Integer.toString(value))).isBetween(400, 600);
    }
    List<String> sizes = draws(new Axis.Whole("x", 0, 9, false), 5000);
    assertThat(Collections.frequency(sizes, "0")).isGreaterThan(1200);
    Axis even = new Axis.Whole("x", 0, 9, false, false);
    assertThat(even.joined(new Axis.Whole("x", 0, 20, false))).isEqualTo(even);
  }

  @Test
  void sharesWordsAndFlags() {
    assertThat(
            draws(of(Apgd.of(Apgd.Kind.CE), "rho"), 500).stream().mapToDouble(Double::parseDouble))
        .allMatch(v -> v >= 0 && v <= 1)
        .anyMatch(v -> v < 0.1)
        .anyMatch(v -> v > 0.9);
    assertThat(Set.copyOf(draws(of(Pgd.steps(3), "random_start"), 50)))
        .isEqualTo(Set.of("true", "false"));
    assertThat(Set.copyOf(draws(of(Pgd.steps(3), "loss"), 200)))
        .isEqualTo(Set.of("ce", "cw", "dlr", "md", "logit", "kl"));
    assertThat(Set.copyOf(draws(of(Pgd.steps(3), "targets"), 200)))
        .isEqualTo(Set.of("goal", "all", "least-likely"));
  }

  @Test
  void aStepIsSearchedUnderTheKeyThatItHas() {
    assertThat(Pgd.steps(10).stepSize(0.02).axes())
        .anySatisfy(axis -> assertThat(axis.key()).isEqualTo("step_size"))
        .noneSatisfy(axis -> assertThat(axis.key()).isEqualTo("relative_step"));
  }

  @Test
  void theDefaultIsWithinReachOfWhateverWasTyped() {
    Axis.Numbers axis =
        (Axis.Numbers) of(Pgd.steps(10).stepSize(StepSize.relative(0.001)), "relative_step");
    assertThat(axis.low()).isEqualTo(0.001 / 8);
    assertThat(axis.high()).isEqualTo(2.0);
  }

  /** Where no number was given, around all that the default may be. */
  @Test
  void settingsThatFollowFromWhatIsAttackedAreSearchedToo() {
    Axis.Numbers open = (Axis.Numbers) of(Bandits.queries(100), "prior_rate");
    assertThat(open.low()).isEqualTo(0.1 / 8);
    assertThat(open.high()).isEqualTo(100.0 * 8);
    Axis.Numbers given = (Axis.Numbers) of(Bandits.queries(100).priorRate(2000), "prior_rate");
    assertThat(given.low()).isEqualTo(0.1 / 8);
    assertThat(given.high()).isEqualTo(2000.0 * 8);
  }

  static List<String> names() {
    return Attacks.describe().stream().map(AttackSpec::name).toList();
  }

  /** A text with a drawn value is read, or refused where it cannot go with the other settings. */
  @ParameterizedTest
  @MethodSource("names")
  void everyAttackReadsWhatIsDrawnForIt(String name) {
    ListedAttack<?> attack = Attacks.listed(Attacks.parse(name));
    int read = 0;
    int all = 0;
    for (Axis axis : attack.axes()) {
      for (String value : draws(axis, 5)) {
        Map<String, String> one = new LinkedHashMap<>();
        one.put(axis.key(), value);
        all++;
        try {
          Attacks.parse(new Call(name, one).toString()).key();
          read++;
        } catch (InvalidInputException alone) {
          assertThat(alone.getMessage()).as(axis.key()).isNotBlank();
        }
      }
    }
    assertThat(read).isGreaterThanOrEqualTo(all * 3 / 5);
  }
}
