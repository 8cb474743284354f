package io.holdfast.testkit.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.Attacks;
import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.AttackScore;
import io.holdfast.record.Scorecard;
import io.holdfast.record.SeenAttacks;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.ModelSoup;
import io.holdfast.train.TrainingRecord;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.certified.Ibp;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a bundle says of the attack that it was trained on. */
class SeenInTrainingTest {
  private static final Architecture TINY = Architectures.mlp(Shape.of(1, 28, 28), 10, 4);
  private static final ThreatModel THREAT = ThreatModel.linf(0.1);

  /** The configuration of an experiment file, and the attack of training. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{train: {attack: fgsm}} | fgsm",
        "{train: {attack: {name: fgsm}}} | fgsm",
        "{train: {attack: {name: pgd, steps: 1}}} | pgd",
        "{train: {attack: {name: pgd, steps: 3, step_size: 0.02}, objective: trades}} | pgd",
        "{train: {epochs: 3}} | pgd",
        "{name: nothing-said} | pgd"
      })
  void theConfigurationOfAHardenedBundleNamesTheAttack(String configuration, String used) {
    try (Bundle bundle = bundle(configuration, THREAT)) {
      assertThat(seen(bundle)).containsExactly("fgsm", "pgd");
      for (String claim : List.of("fgsm", "pgd", "pgd[steps=2,restarts=2]", "r-fgsm", "bim")) {
        assertThatThrownBy(() -> suite(bundle).unseen(claim).on(FashionMnist.test().first(4)))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining(claim + ", and training used " + used);
      }
    }
  }

  /** What is the same search with other settings, and what is another one. */
  @ParameterizedTest
  @CsvSource({
    "fgsm, true",
    "r-fgsm, true",
    "bim, true",
    "tpgd, true",
    "'mi-fgsm', false",
    "apgd-ce, false",
    "square, false",
    "nobody-knows, false"
  })
  void oneFamilyIsTheSameSearchWithOtherSettings(String attack, boolean seen) {
    assertThat(Attacks.family(attack).equals(Attacks.family("pgd[steps=7]"))).isEqualTo(seen);
  }

  @Test
  void whatAnotherAttackDoesIsUnseen() {
    try (Bundle bundle = bundle("{train: {attack: pgd}}", THREAT)) {
      Evaluation more = suite(bundle).with(Attacks.parse("mi-fgsm[steps=2]")).unseen("mi-fgsm");
      Scorecard card = more.on(FashionMnist.test().first(4)).card();
      assertThat(card.attacks().entrySet())
          .filteredOn(e -> Boolean.FALSE.equals(e.getValue().seenInTraining()))
          .singleElement()
          .satisfies(e -> assertThat(e.getKey()).startsWith("mi-fgsm"));
      assertThat(card.flags()).noneMatch(flag -> flag.startsWith("no unseen attack"));
    }
  }

  @Test
  void aStandardBundleHasSeenNone() {
    String configuration = "{train: {objective: standard, attack: pgd}}";
    try (Bundle bundle = bundle(configuration, null)) {
      assertThat(seen(bundle)).isEmpty();
    }
  }

  /** Bounds and samples that all stay clean have a threat model, and no search. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{train: {objective: ibp}}",
        "{train: {objective: {name: crown-ibp, ramp_up: 0.5}, attack: {name: pgd, steps: 3}}}",
        "{train: {objective: trades, mix: {clean: 1}}}",
        "{train: {objective: ibp, library: {path: saved, attacks: [square]}}}"
      })
  void whatNeverSearchedHasSeenNone(String configuration) {
    try (Bundle bundle = bundle(configuration, THREAT)) {
      assertThat(seen(bundle)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aProgramsBundleNamesItToo(int steps) {
    try (Bundle bundle = trained(new PgdAt(), steps)) {
      assertThat(seen(bundle)).containsExactly("fgsm", "pgd");
    }
    try (Bundle bundle = trained(new Standard(), steps)) {
      assertThat(seen(bundle)).isEmpty();
    }
    try (Bundle bundle = trained(Ibp.SPEC.usual(), steps)) {
      assertThat(seen(bundle)).isEmpty();
    }
  }

  /** A model with weights of which nobody says how they were trained, and one that goes on. */
  @Test
  void whereNoTrainingIsRecordedNothingIsKnown() {
    try (Bundle bundle = bundle("{weights: {sha256: 0123}}", null);
        Bundle after = trained(new Standard(), 1, bundle);
        Bundle hardened = trained(new PgdAt(), 1, bundle)) {
      assertThat(values(bundle)).containsOnlyNulls();
      assertThat(values(after)).containsOnlyNulls();
      assertThat(seen(hardened)).containsExactly("fgsm", "pgd");
      assertThat(TrainingRecord.of(hardened).complete()).isFalse();
      assertThatThrownBy(() -> suite(bundle).unseen("fgsm").on(FashionMnist.test().first(4)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("fgsm, and it is not recorded what training used");
      suite(bundle).trainedOn().unseen("fgsm").check(FashionMnist.test().first(4));
    }
  }

  @Test
  void whatTheModelHadSeenThatTrainingStartedFromIsSeenAndStaysSo() {
    try (Bundle first = trained(new PgdAt(), 2);
        Bundle second = trained(new Standard(), 1, first);
        Bundle third = trained(new Standard(), 1, second)) {
      assertThat(seen(second)).containsExactly("fgsm", "pgd");
      assertThat(seen(third)).containsExactly("fgsm", "pgd");
      assertThat(TrainingRecord.of(third).complete()).isTrue();
      assertThat(third.provenance().dataHashes()).containsEntry("start", second.network().hash());
    }
    try (Bundle old = bundle("{train: {objective: standard}, model: {start: a.holdfast}}", null)) {
      assertThat(values(old)).as("a start, and nothing recorded of it").containsOnlyNulls();
    }
  }

  @Test
  void aStageHasNotSeenWhatCameAfterIt() {
    String stages =
        "stages: [{name: first, objective: standard}, {name: second, objective: trades}]";
    try (Bundle last = bundle("{" + stages + "}", THREAT);
        Bundle first = bundle("{" + stages + ", stage: first}", null)) {
      assertThat(TrainingRecord.of(last)).isEqualTo(SeenAttacks.all(Set.of("pgd")));
      assertThat(TrainingRecord.of(first)).isEqualTo(SeenAttacks.all(Set.of()));
    }
    String nameless = "{stages: [{objective: standard}, {objective: trades}], stage: stage-1}";
    String back =
        "{stages: [{name: a, objective: standard}, {name: b, objective: trades}, {name: c, start: a,"
            + " objective: standard}]}";
    try (Bundle first = bundle(nameless, null);
        Bundle third = bundle(back, null)) {
      assertThat(TrainingRecord.of(first)).isEqualTo(SeenAttacks.all(Set.of()));
      assertThat(TrainingRecord.of(third)).isEqualTo(SeenAttacks.all(Set.of()));
    }
  }

  /** What the first stage began with stands with that stage, or is not known. */
  @Test
  void stagesBeginWithWhatTheModelHadSeen() {
    String told = "start_trained_on: {attacks: [square], complete: true}";
    String stage = "stages: [{name: only, objective: standard%s}], model: {start: a.holdfast}";
    try (Bundle known = bundle("{" + stage.formatted(", " + told) + "}", null);
        Bundle old = bundle("{" + stage.formatted("") + "}", null)) {
      assertThat(TrainingRecord.of(known)).isEqualTo(SeenAttacks.all(Set.of("square")));
      assertThat(TrainingRecord.of(old)).isEqualTo(SeenAttacks.UNKNOWN);
    }
  }

  @Test
  void aSoupHasSeenWhatItsIngredientsHaveSeen() {
    String library = "{train: {library: {path: saved, attacks: [square]}}}";
    try (Bundle one = bundle("{train: {attack: pgd}}", THREAT);
        Bundle other = bundle(library, THREAT);
        Bundle unknown = bundle("{weights: {sha256: 0123}}", THREAT);
        Bundle soup = ModelSoup.bundle(List.of(one, other), Map.of("method", "uniform"));
        Bundle less = ModelSoup.bundle(List.of(one, unknown), Map.of("method", "uniform"))) {
      assertThat(TrainingRecord.of(soup)).isEqualTo(SeenAttacks.all(Set.of("pgd", "square")));
      assertThat(TrainingRecord.of(less)).isEqualTo(new SeenAttacks(Set.of("pgd"), false));
    }
  }

  private static List<@Nullable Boolean> values(Bundle bundle) {
    Scorecard card = suite(bundle).on(FashionMnist.test().first(4)).card();
    return card.attacks().values().stream().map(AttackScore::seenInTraining).toList();
  }

  private static Bundle trained(Objective objective, int steps) {
    return trained(objective, steps, null);
  }

  private static Bundle trained(Objective objective, int steps, @Nullable Bundle start) {
    Dataset few = FashionMnist.train().first(64);
    return Hardening.of(TINY)
        .startFrom(start)
        .against(THREAT)
        .objective(objective)
        .attack(Pgd.steps(steps))
        .validation(0)
        .epochs(1)
        .batch(32)
        .fit(few);
  }

  private static Bundle bundle(String configuration, @Nullable ThreatModel threat) {
    Settings settings = Settings.yaml(configuration, "test");
    return Bundle.of(TINY.initialise(new Seed(1)))
        .architecture(TINY.name())
        .threat(threat)
        .provenance(Provenance.of("2.10.0", new Seed(1), Map.of(), settings))
        .build();
  }

  private static Evaluation suite(Bundle bundle) {
    return Evaluation.of(bundle)
        .against(THREAT)
        .with(Fgsm.standard(), Pgd.steps(2).restarts(2))
        .workers(1);
  }

  private static Set<String> seen(Bundle bundle) {
    Scorecard card = suite(bundle).on(FashionMnist.test().first(4)).card();
    Set<String> names = new TreeSet<>();
    card.attacks()
        .forEach(
            (key, score) -> {
              if (Boolean.TRUE.equals(score.seenInTraining())) {
                names.add(key.replaceFirst("\\[.*", ""));
              }
            });
    return names;
  }
}
