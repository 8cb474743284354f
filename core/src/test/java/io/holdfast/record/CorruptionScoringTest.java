package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Accuracy under natural corruptions, by hand. */
class CorruptionScoringTest {

  private static Attempt clean(long id, boolean right) {
    return Attempt.clean(id, 1).predicted(right ? 1 : 0, 0.9f, 0.5f).build();
  }

  private static Attempt.Builder corrupted(long id, String type, int severity, boolean right) {
    return Attempt.of(Kind.CORRUPTION, type, id, 1)
        .threat("corruption", severity)
        .predicted(right ? 1 : 0, 0.9f, 0.5f);
  }

  /** Two samples, fog at two severities, pixelate at one of them, spatter besides. */
  private static List<Attempt> rows() {
    List<Attempt> rows = new ArrayList<>(List.of(clean(1, true), clean(2, false), clean(3, true)));
    rows.add(corrupted(1, "fog", 1, true).build());
    rows.add(corrupted(2, "fog", 1, true).build());
    rows.add(corrupted(1, "fog", 4, true).build());
    rows.add(corrupted(2, "fog", 4, false).build());
    rows.add(corrupted(1, "pixelate", 4, false).build());
    rows.add(corrupted(2, "pixelate", 4, false).build());
    rows.add(corrupted(1, "spatter", 4, false).build());
    rows.add(corrupted(2, "spatter", 4, true).build());
    return rows;
  }

  private static CorruptionScores scores(List<Attempt> rows) {
    return Objects.requireNonNull(Scorecard.of(rows, ScorecardTest.CONTEXT).corruptions());
  }

  @Test
  void meansAreOverSamplesAndTheBenchmarksTypes() {
    CorruptionScores scores = scores(rows());
    assertThat(scores.accuracy().value()).isCloseTo((2.0 / 3 + 1.0 / 3) / 2, within(1e-12));
    assertThat(scores.accuracy().n()).isEqualTo(2);
    double deviation = Math.sqrt(2.0) / 6; // of 2/3 and 1/3
    assertThat(scores.accuracy().ci95().get(0))
        .isCloseTo(0.5 - 1.959963984540054 * deviation / Math.sqrt(2), within(1e-12));
    assertThat(scores.clean()).isEqualTo(Rate.of(1, 2));
    assertThat(scores.bySeverity().keySet()).containsExactly(1, 4);
    assertThat(mean(scores.bySeverity(), 4)).isEqualTo(0.25);
    assertThat(scores.everyType()).isEqualTo(Map.of(1, Rate.of(2, 2), 4, Rate.of(0, 2)));
    assertThat(scores.types().keySet()).containsExactly("fog", "pixelate", "spatter");
    CorruptionScore fog = Objects.requireNonNull(scores.types().get("fog"));
    assertThat(fog.common()).isTrue();
    assertThat(fog.accuracy().value()).isEqualTo(0.75);
    assertThat(fog.worst()).isEqualTo(Rate.of(1, 2));
    assertThat(fog.bySeverity()).isEqualTo(Map.of(1, Rate.of(2, 2), 4, Rate.of(1, 2)));
    assertThat(Objects.requireNonNull(scores.types().get("spatter")).common()).isFalse();
    assertThat(scores.worst()).isEqualTo("pixelate");
  }

  private static double mean(Map<Integer, MeanAccuracy> means, int severity) {
    return Objects.requireNonNull(means.get(severity)).value();
  }

  @Test
  void othersCountWhereThereIsNoneOfTheBenchmarks() {
    List<Attempt> rows =
        rows().stream()
            .filter(r -> r.kind() == Kind.CLEAN || r.attempt().equals("spatter"))
            .toList();
    assertThat(scores(rows).accuracy().value()).isEqualTo(0.5);
    assertThat(scores(rows).worst()).isEqualTo("spatter");
  }

  @Test
  void theOrderOfRowsDoesNotMatterAndNothingElseChanges() {
    List<Attempt> shuffled = rows();
    Collections.shuffle(shuffled, new Random(3));
    Scorecard card = Scorecard.of(rows(), ScorecardTest.CONTEXT);
    assertThat(Scorecard.of(shuffled, ScorecardTest.CONTEXT)).isEqualTo(card);
    assertThat(Scorecard.fromJson(card.toJson(), "card")).isEqualTo(card);
    assertThat(card.robustAccuracy()).isNull();
    assertThat(card.cleanAccuracy()).isEqualTo(Rate.of(2, 3));
    List<Attempt> cleanOnly = rows().subList(0, 3);
    assertThat(Scorecard.of(cleanOnly, ScorecardTest.CONTEXT).corruptions()).isNull();
  }

  @Test
  void contradictionsAreFound() {
    List<Attempt> lying = rows();
    lying.add(corrupted(3, "fog", 1, false).outcome(Outcome.CORRECT).build());
    assertThatThrownBy(() -> Invariants.check(lying))
        .isInstanceOf(InvariantViolationException.class)
        .hasMessageContaining("disagree");
    List<Attempt> certified = rows();
    certified.add(
        Attempt.of(Kind.CERTIFICATE, "crown", 3, 1)
            .threat("linf:0.1", 0.1)
            .outcome(Outcome.CERTIFIED)
            .predicted(1, 0.9f, 0.9f)
            .build());
    certified.add(corrupted(3, "fog", 1, false).distances(9, 0.9, 0.3, 0.11).build());
    Invariants.check(certified, Map.of("linf:0.1", Norm.LINF)); // far enough
    certified.add(corrupted(3, "frost", 1, false).distances(9, 0.9, 0.3, 0.09).build());
    assertThatThrownBy(() -> Invariants.check(certified))
        .isInstanceOf(InvariantViolationException.class)
        .hasMessageContaining("a corruption succeeded inside a certified ball");
    assertThatThrownBy(() -> corrupted(3, "fog", 1, true).outcome(Outcome.HELD).build())
        .isInstanceOf(IllegalArgumentException.class);
  }
}
