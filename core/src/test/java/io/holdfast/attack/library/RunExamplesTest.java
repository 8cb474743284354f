package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.record.Attempt;
import io.holdfast.record.Example;
import io.holdfast.record.Examples;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import io.holdfast.record.Pixels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Examples of an attack that looks at its samples together, so that ledger and gallery differ. */
final class RunExamplesTest {
  private static final String ATTACK = "uap";
  private static final Example.Search SEARCH = new Example.Search(0.125, 7, 5, List.of());

  private final Path folder;

  RunExamplesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void anExampleHasTheNumbersOfTheSearchThatMadeIt() {
    List<SavedExample> saved = saved(Outcome.FELL, true, SEARCH);
    assertThat(saved).hasSize(1);
    Entry entry = saved.get(0).entry();
    assertThat(entry.trueConfidence()).isEqualTo(0.125);
    assertThat(entry.confidence()).isEqualTo(0.75);
    assertThat(entry.attack().queries()).isEqualTo(7);
    assertThat(entry.attack().gradients()).isEqualTo(5);
    assertThat(Checks.sound(entry, saved.get(0).content())).isNull();
  }

  @Test
  void onlyWhatFellInLedgerAndGalleryIsTaken() {
    assertThat(saved(Outcome.HELD, true, SEARCH)).isEmpty();
    assertThat(saved(Outcome.FELL, false, SEARCH)).isEmpty();
  }

  @Test
  void whatMadeAnExampleIsItsWitness() {
    Example.Search made = new Example.Search(0.125, 7, 5, List.of(0.5f, -0.25f));
    assertThat(saved(Outcome.FELL, true, made).get(0).content().variables())
        .containsExactly(0.5f, -0.25f);
  }

  @Test
  void filesOfTheFirstBuildsAreRefused() {
    assertThatThrownBy(() -> saved(Outcome.FELL, true, null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("sample 3")
        .hasMessageContaining("run the evaluation again");
  }

  /** What is read of a run with one sample, whose ledger has numbers that are no example's. */
  private List<SavedExample> saved(
      Outcome verdict, boolean fooled, Example.@Nullable Search search) {
    Content content = Saved.content(3);
    int label = content.label();
    int other = label + 1;
    List<Attempt> rows = new ArrayList<>();
    rows.add(Attempt.clean(3, label).predicted(label, 0.9f, 0.9f).seed(7).build());
    int answer = verdict == Outcome.FELL ? other : label;
    rows.add(
        Attempt.of(Kind.VERDICT, ATTACK, 3, label)
            .threat(Saved.THREAT.name(), 0.1)
            .seed(7)
            .predicted(answer, 0.6f, verdict == Outcome.FELL ? 0.375f : 0.6f)
            .outcome(verdict)
            .distances(4, 0.2, 0.1, 0.05)
            .queries(400)
            .gradients(300)
            .build());
    try (Ledger ledger = Ledger.create(folder, provenance())) {
      ledger.append(rows);
      ledger.finish();
    }
    Examples.write(
        folder.resolve("examples.jsonl"),
        List.of(
            new Example(
                3,
                label,
                label,
                0.9,
                fooled ? other : label,
                0.75,
                ATTACK,
                pixels(content.clean()),
                pixels(content.adversarial()),
                search)));
    return RunExamples.read(folder, Terms.on(Saved.TODAY));
  }

  private static Pixels pixels(float[] values) {
    return Pixels.of(values, 1, 2, 2);
  }

  private static Provenance provenance() {
    Map<String, Object> evaluation =
        Map.of(
            "threat",
            Saved.THREAT.toSettings().toMap(),
            "attacks",
            Map.of(ATTACK, ATTACK),
            "seed",
            7,
            "precision",
            "float32",
            "weights",
            "ab12",
            "data",
            "test data");
    return new Provenance(
        "0.1.0", "2.10.0", "x", 7, Map.of("evaluation", "cd34"), Map.of("evaluation", evaluation));
  }
}
