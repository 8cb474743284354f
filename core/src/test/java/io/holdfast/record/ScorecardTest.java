package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ScorecardTest {
  static final ScorecardContext CONTEXT =
      ScorecardContext.of(Rows.THREAT, Rows.PROVENANCE)
          .ball(Norm.LINF, 0.1)
          .threatModel(Map.of("perturbation", "linf", "epsilon", 0.1))
          .classNames(List.of("shirt", "coat", "bag", "boot"))
          .trainedOn(SeenAttacks.all(Set.of("pgd[steps=7]")))
          .timing(Map.of("attack", 1.5))
          .build();

  private static Scorecard card(long seed) {
    return Scorecard.of(Rows.evaluation(new Seed(seed).generator(), 200, 4), CONTEXT);
  }

  /** Names do not tell threat models apart, nor does the type of a number. */
  @Test
  void threatModelsDifferByWhatTheyAllow() {
    Map<String, Object> whole = Map.of("name", "mine", "epsilon", 8, "domain", List.of(0, 255));
    Map<String, Object> broken =
        Map.of("name", "other", "epsilon", 8.0, "domain", List.of(0.0, 255L));
    assertThat(within(whole).threatDifferences(within(broken))).isEmpty();
    Map<String, Object> far = Map.of("epsilon", 9, "domain", List.of(0, 255), "query_budget", 10);
    assertThat(within(whole).threatDifferences(within(far)))
        .containsExactly("epsilon", "query_budget");
  }

  /** A matrix of many classes would be larger than all the rest. */
  @Test
  void thereIsNoConfusionOfMoreThanAThousandClasses() {
    assertThat(of(1000).confusion().clean()).hasSize(1000);
    Confusion none = of(1001).confusion();
    assertThat(none.clean()).isEmpty();
    assertThat(none.attacked()).isNull();
  }

  private static Scorecard of(int classes) {
    ScorecardContext context =
        ScorecardContext.of(Rows.THREAT, Rows.PROVENANCE)
            .classNames(IntStream.range(0, classes).mapToObj(k -> "class " + k).toList())
            .build();
    return Scorecard.of(Rows.evaluation(new Seed(1).generator(), 20, 4), context);
  }

  private static Scorecard within(Map<String, Object> threat) {
    ScorecardContext context =
        ScorecardContext.of(Rows.THREAT, Rows.PROVENANCE).threatModel(threat).build();
    return Scorecard.of(Rows.evaluation(new Seed(1).generator(), 20, 4), context);
  }

  @Test
  void jsonHasTheKeysThatScriptsRelyOn() {
    JsonNode json = Json.parse(card(1).toJson(), "card");
    List<JsonNode> rates = new ArrayList<>();
    rates.add(json.path("clean_accuracy"));
    rates.add(json.path("robust_accuracy"));
    for (String attack : Rows.ATTACKS) {
      rates.add(json.path("attacks").path(attack).path("robust_accuracy"));
    }
    for (JsonNode rate : rates) {
      assertThat(rate.propertyStream().map(Map.Entry::getKey))
          .containsExactly("value", "n", "ci95");
      double value = rate.path("value").asDouble();
      assertThat(rate.path("n").asLong()).isEqualTo(200);
      assertThat(rate.path("ci95").get(0).asDouble()).isLessThan(value);
      assertThat(rate.path("ci95").get(1).asDouble()).isGreaterThan(value);
    }
  }

  /** Upper bounds are no result of a seed. */
  @Test
  void whatTimeHasCutIsNotSettled() {
    Scorecard whole = card(3);
    assertThat(whole.settled()).containsOnlyKeys(Rows.ATTACKS);
    assertThat(whole.settledWorst()).isEqualTo(whole.robustAccuracy());
    String first = Rows.ATTACKS.get(0);
    ObjectNode json = (ObjectNode) Json.parse(whole.toJson(), "card");
    json.putObject("incomplete").put(first, 7);
    Scorecard cut = Scorecard.fromJson(json.toString(), "card");
    assertThat(cut.settled()).hasSize(Rows.ATTACKS.size() - 1).doesNotContainKey(first);
    assertThat(cut.settledWorst()).isNull();
    SeedRuns.Run seed = SeedRuns.Run.of(1, "seed-1", cut);
    assertThat(seed.figures())
        .containsKey("under " + Rows.ATTACKS.get(1))
        .doesNotContainKeys("under " + first, "robust accuracy, worst case");
  }

  @Property(tries = 20, seed = "2026")
  void jsonRoundTrip(@ForAll long seed) {
    Scorecard card = card(seed);
    Scorecard again = Scorecard.fromJson(card.toJson(), "card");
    assertThat(again).isEqualTo(card);
    assertThat(again.toJson()).isEqualTo(card.toJson());
  }

  @Property(tries = 20, seed = "2026")
  void orderOfRowsDoesNotMatterToTheLastBit(@ForAll long seed) {
    List<Attempt> rows = Rows.evaluation(new Seed(seed).generator(), 50, 4);
    Scorecard card = Scorecard.of(rows, CONTEXT);
    Collections.shuffle(rows, new Random(seed));
    assertThat(Scorecard.of(rows, CONTEXT)).isEqualTo(card);
  }

  @Test
  void timesAreTheOnlyDifferenceOfEqualRuns() {
    Scorecard card = card(3);
    Scorecard slower = card.withTiming(Map.of("attack", 99.0));
    assertThat(slower).isNotEqualTo(card);
    assertThat(slower.withoutTiming()).isEqualTo(card.withoutTiming());
  }

  @Test
  void anAttackOfTheSameNameIsSeenWhateverItsParameters() {
    Map<String, AttackScore> attacks = card(1).attacks();
    assertThat(attacks).hasEntrySatisfying("fgsm", a -> assertThat(a.seenInTraining()).isFalse());
    assertThat(attacks)
        .hasEntrySatisfying(
            "pgd[steps=50,restarts=5]", a -> assertThat(a.seenInTraining()).isTrue());
  }

  @Test
  void whatIsNotRecordedIsNeitherSeenNorUnseen() {
    List<Attempt> rows = Rows.evaluation(new Seed(1).generator(), 200, 4);
    ScorecardContext.Builder context = ScorecardContext.of(Rows.THREAT, Rows.PROVENANCE);
    Scorecard nothing = Scorecard.of(rows, context.build());
    assertThat(nothing.attacks().values())
        .extracting(AttackScore::seenInTraining)
        .containsOnlyNulls();
    assertThat(nothing.flags()).noneMatch(flag -> flag.startsWith("no unseen attack"));
    assertThat(Json.parse(nothing.toJson(), "card").at("/attacks/fgsm").has("seen_in_training"))
        .isTrue();
    assertThat(Scorecard.fromJson(nothing.toJson(), "card")).isEqualTo(nothing);
    SeenAttacks some = SeenAttacks.all(Set.of("pgd")).and(SeenAttacks.UNKNOWN);
    Map<String, AttackScore> attacks =
        Scorecard.of(rows, context.trainedOn(some).build()).attacks();
    assertThat(attacks.get("fgsm")).extracting(AttackScore::seenInTraining).isNull();
    assertThat(attacks.get("pgd[steps=50,restarts=5]"))
        .extracting(AttackScore::seenInTraining)
        .isEqualTo(true);
  }

  @Test
  void worstCaseIsPerSample() {
    List<Attempt> rows = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      rows.add(Attempt.clean(i, 0).predicted(0, 0.9f, 0.9f).build());
      rows.add(verdict("a", i, i == 0));
      rows.add(verdict("b", i, i == 1));
    }
    Scorecard card = Scorecard.of(rows, CONTEXT);
    assertThat(card.robustAccuracy()).isEqualTo(Rate.of(2, 4));
    assertThat(card.attacks().values())
        .extracting(AttackScore::robustAccuracy)
        .containsExactly(Rate.of(3, 4), Rate.of(3, 4));
    assertThat(Objects.requireNonNull(card.confusion().attacked()).get(0)).startsWith(2L, 2L);
  }

  private static Attempt verdict(String attack, long sample, boolean fell) {
    return Attempt.of(Kind.VERDICT, attack, sample, 0)
        .threat(Rows.THREAT, 0.1)
        .outcome(fell ? Outcome.FELL : Outcome.HELD)
        .predicted(fell ? 1 : 0, 0.9f, fell ? 0.1f : 0.9f)
        .distances(1, 0.1, 0.1, 0.1)
        .build();
  }

  @Test
  void degenerateModelsAreFlagged() {
    List<Attempt> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      rows.add(Attempt.clean(i, i % 2).predicted(0, 1f, 0.5f).build());
      if (i % 2 == 0) {
        rows.add(
            Attempt.of(Kind.VERDICT, "pgd", i, 0)
                .threat(Rows.THREAT, 0.1)
                .predicted(0, 1f, 1f)
                .distances(0, 0, 0, 0)
                .build());
      }
    }
    assertThat(Scorecard.of(rows, CONTEXT).flags())
        .satisfiesExactly(
            f -> assertThat(f).startsWith("constant predictor: 200 of 200").contains("shirt"),
            f -> assertThat(f).startsWith("robust above clean: pgd leaves 100.0% right"),
            f -> assertThat(f).startsWith("attack without effect: pgd left all 100"),
            f -> assertThat(f).startsWith("attack on a part: pgd was tried on 100 of 200"),
            f -> assertThat(f).startsWith("no unseen attack"));
    assertThat(card(1).flags()).isEmpty();
    ScorecardContext.Builder fab =
        ScorecardContext.of(Rows.THREAT, Rows.PROVENANCE).givesBackClean(Set.of("pgd"));
    assertThat(Scorecard.of(rows, fab.build()).flags())
        .isNotEmpty()
        .noneMatch(f -> f.startsWith("attack without effect"));
  }

  @Test
  void rowsOfAnotherThreatModelAreRefused() {
    List<Attempt> rows = Rows.evaluation(new Seed(5).generator(), 10, 4);
    ScorecardContext other = ScorecardContext.of("l2:1.5", Rows.PROVENANCE).build();
    assertThatThrownBy(() -> Scorecard.of(rows, other))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("l2:1.5")
        .hasMessageContaining(Rows.THREAT);
    assertThatThrownBy(() -> Scorecard.of(List.of(), CONTEXT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at least one clean row");
  }
}
