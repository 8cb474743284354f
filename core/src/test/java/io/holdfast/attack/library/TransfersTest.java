package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.record.Rate;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transfer, difficulty and draws, on models whose answers are known. */
class TransfersTest {
  private final Path place;

  TransfersTest(@TempDir Path folder) {
    place = folder.resolve("library");
    LibraryFolder.at(place).add(Saved.some(0, 40), Saved.TODAY);
  }

  private ExampleLibrary load() {
    return ExampleLibrary.load(place, Saved.TODAY);
  }

  /** Answers class 0 where the sum of an input's first values is below a limit, else class 2. */
  private record Threshold(double limit) implements Classifier {
    @Override
    public int classes() {
      return 3;
    }

    @Override
    public long[] inputShape() {
      return new long[] {1, 2, 2};
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor first = x.reshape(x.size(0), 4).slice(1, 0, 1); // [N, 1]
      Tensor above = first.sub(limit); // [N, 1]
      return Tensors.cat(List.of(above.neg(), above.mul(0).sub(9), above), 1); // [N, 3]
    }
  }

  private static Answers answers(Classifier model, Workers workers) {
    return new Answers(model, workers);
  }

  @Test
  void transferIsCountedWhereTheCleanInputIsRight() {
    ExampleLibrary library = load();
    List<String> fooled = new ArrayList<>();
    int right = 0;
    for (Entry entry : library.usable()) {
      Content content = library.content(entry);
      int clean = content.clean()[0] - 0.5 < 0 ? 0 : 2;
      int adversarial = content.adversarial()[0] - 0.5 < 0 ? 0 : 2;
      right += clean == entry.label() ? 1 : 0;
      if (clean == entry.label() && adversarial != entry.label()) {
        fooled.add(entry.id());
      }
    }
    assertThat(fooled).isNotEmpty();
    try (Workers one = Workers.of(1);
        Workers two = Workers.of(2)) {
      Transfers.Result result =
          Transfers.measure(library, answers(new Threshold(0.5), two), Saved.model(5));
      assertThat(result.fooled()).isEqualTo(Rate.of(fooled.size(), right));
      assertThat(result.transfer().fooled()).containsExactlyInAnyOrderElementsOf(fooled);
      assertThat(result.transfer().wrong()).hasSize(40 - right);
      assertThat(result.byAttack().keySet()).containsExactly("fgsm", "pgd");
      assertThat(result.byAttack().values().stream().mapToLong(Rate::n).sum()).isEqualTo(right);
      assertThat(result.byModel()).hasSize(2);
      assertThat(Transfers.measure(library, answers(new Threshold(0.5), one), Saved.model(5)))
          .isEqualTo(result);
    }
  }

  /** Always answers a fourth class, which is nobody's label. */
  private record Stubborn() implements Classifier {
    @Override
    public int classes() {
      return 4;
    }

    @Override
    public long[] inputShape() {
      return new long[] {1, 2, 2};
    }

    @Override
    public Tensor logits(Tensor x) {
      Tensor none = x.reshape(x.size(0), 4).mul(0); // [N, 4]
      return none.add(Tensors.of(new float[] {0, 0, 0, 1}, 1, 4));
    }
  }

  @Test
  void ofAModelThatIsNeverRightThereIsNoShare() {
    try (Workers one = Workers.of(1)) {
      Transfers.Result result =
          Transfers.measure(load(), answers(new Stubborn(), one), Saved.model(5));
      assertThat(result.fooled()).isNull();
      assertThat(result.byAttack()).isEmpty();
      assertThat(result.transfer().wrong()).hasSize(40);
    }
  }

  @Test
  void examplesThatNoLongerFellTheirModelAreNamed() {
    ExampleLibrary library = load();
    try (Workers pool = Workers.of(2)) {
      List<LeftOut> holding =
          Transfers.thatHold(library, answers(new Threshold(9), pool), Saved.model(1));
      List<String> wanted =
          library.usable().stream()
              .filter(e -> e.model().equals(Saved.model(1)) && e.label() == 0)
              .map(Entry::id)
              .toList();
      assertThat(holding).extracting(LeftOut::id).containsExactlyElementsOf(wanted);
      assertThat(holding).allMatch(l -> l.fault() == Fault.HOLDS && l.fault().isDamage());
      assertThat(Transfers.thatHold(library, answers(new Threshold(9), pool), Saved.model(5)))
          .as("not its own")
          .isEmpty();
    }
  }

  @Test
  void modelsOfAnotherKindAreRefused() {
    Content wide = new Content(List.of(3), 0, new float[3], new float[] {0, 0.1f, 0}, new float[0]);
    LibraryFolder.at(place).add(List.of(Saved.of(wide, 1, Saved.THREAT)), Saved.TODAY);
    try (Workers pool = Workers.of(1)) {
      Answers some = answers(new Threshold(0.5), pool);
      assertThatThrownBy(() -> Transfers.measure(load(), some, Saved.model(5)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(
              "expected inputs of shape [1, 2, 2], what the model takes, found [3]");
    }
  }

  @Test
  void aMeasurementReplacesAnEarlierOneOfTheSameModel() {
    String a = Saved.of(0).entry().id();
    String b = Saved.of(1).entry().id();
    note(5, Set.of(a), Set.of(b), 0);
    note(6, Set.of(b), Set.of(), 0);
    note(5, Set.of(), Set.of(a), 1);
    assertThat(load().transfers())
        .hasSize(2)
        .filteredOn(t -> t.model().equals(Saved.model(5)))
        .singleElement()
        .satisfies(
            t -> {
              assertThat(t.fooled()).isEmpty();
              assertThat(t.held()).containsExactlyInAnyOrder(a, b);
            });
  }

  private void note(int model, Set<String> fooled, Set<String> held, int day) {
    LibraryFolder.at(place)
        .note(
            new Transfer(Saved.model(model), Saved.TODAY.plusDays(day), fooled, held, Set.of()),
            Saved.TODAY);
  }

  @Test
  void difficultyIsConfidenceModelsOrAttacks() {
    SavedExample first = Saved.of(3); // found by fgsm, for model 1
    float[] other = first.content().adversarial().clone();
    other[1] = first.content().clean()[1] + 0.05f;
    Content sibling =
        new Content(
            Saved.SHAPE, first.content().label(), first.content().clean(), other, new float[0]);
    LibraryFolder.at(place).add(List.of(Saved.of(sibling, 4, Saved.THREAT)), Saved.TODAY);
    note(5, Set.of(Saved.of(7).entry().id(), Saved.of(8).entry().id()), Set.of(), 0);
    note(6, Set.of(Saved.of(8).entry().id()), Set.of(), 0);
    note(1, Set.of(first.entry().id()), Set.of(), 0); // its own model counts once
    ExampleLibrary library = load();
    assertThat(ranked(library, Difficulty.CONFIDENCE)[40])
        .isEqualTo(Saved.of(39).content().label());
    List<Entry> all = library.usable();
    assertThat(score(library, all, Difficulty.MODELS, Saved.of(8).entry())).isEqualTo(3);
    assertThat(score(library, all, Difficulty.MODELS, Saved.of(7).entry())).isEqualTo(2);
    assertThat(score(library, all, Difficulty.MODELS, first.entry())).isEqualTo(1);
    assertThat(score(library, all, Difficulty.ATTACKS, first.entry())).isEqualTo(2);
    assertThat(score(library, all, Difficulty.ATTACKS, Saved.of(9).entry())).isEqualTo(1);
    Map<Difficulty, String> hashes =
        Map.of(
            Difficulty.CONFIDENCE, hash(library, Difficulty.CONFIDENCE),
            Difficulty.MODELS, hash(library, Difficulty.MODELS),
            Difficulty.ATTACKS, hash(library, Difficulty.ATTACKS));
    assertThat(Set.copyOf(hashes.values())).as("another order, another hash").hasSize(3);
  }

  private static String hash(ExampleLibrary library, Difficulty by) {
    return RankedExamples.of(library, Set.of(), null, by).hash();
  }

  private static double score(ExampleLibrary library, List<Entry> all, Difficulty by, Entry entry) {
    return by.in(library, all).applyAsDouble(library.find(entry.id()));
  }

  private static int[] ranked(ExampleLibrary library, Difficulty by) {
    RankedExamples examples = RankedExamples.of(library, Set.of(), null, by);
    int[] labels = new int[examples.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = examples.label(i);
    }
    return labels;
  }

  @Test
  void drawsStayInTheBandAndTakeEachOnceBeforeAnyTwice() {
    RankedExamples examples = RankedExamples.of(load(), Set.of(), null, Difficulty.CONFIDENCE);
    int[] drawn = examples.draw(20, 0.75, 1, new Seed(1));
    assertThat(Arrays.stream(drawn).boxed()).hasSize(20).allMatch(p -> p >= 30 && p < 40);
    for (int p = 30; p < 40; p++) {
      int position = p;
      assertThat(Arrays.stream(drawn).filter(d -> d == position).count()).isEqualTo(2);
    }
    assertThat(examples.draw(5, 1, 1, new Seed(1))).as("never none").containsOnly(39);
    assertThat(examples.draw(3, 0, 0, new Seed(1))).containsOnly(0);
    assertThat(examples.draw(0, 0, 1, new Seed(1))).isEmpty();
  }

  @Test
  void aLibraryWithNothingToUseSaysWhy() {
    LibraryFolder.at(place)
        .mark(EntryFilter.ALL, LibraryFolder.marking(Status.SUSPENDED, null), Saved.TODAY);
    assertThatThrownBy(() -> RankedExamples.of(load(), Set.of(), null, Difficulty.CONFIDENCE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected examples that can be used on 2026-06-01, found none of 40")
        .hasMessageContaining("it is suspended");
  }
}
