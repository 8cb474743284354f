package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.common.InvalidInputException;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Flow;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an attack's result into {@code adversarial.safetensors} and from there into a library. */
class AttackFileTest {
  private static final Terms TERMS =
      new Terms(Saved.TODAY, LocalDate.parse("2030-01-01"), null, "study-3");

  private final Path file;

  AttackFileTest(@TempDir Path folder) {
    file = folder.resolve("adversarial.safetensors");
  }

  private static AttackFile.Origin origin(ThreatModel threat) {
    return new AttackFile.Origin(
        new AttackOrigin("pgd[steps=5]", 7, "float32", "0.1.0", 0, 0),
        Saved.model(1),
        threat,
        "test data",
        "ab".repeat(32),
        "MIT",
        List.of("dog", "cat", "cow"));
  }

  private static Sample sample(int id, Outcome outcome, Float... variables) {
    return new Sample(
        id,
        1,
        outcome,
        1,
        2,
        0.75f,
        0.125f,
        -0.5,
        Distances.ZERO,
        6,
        5,
        1,
        List.of(),
        true,
        List.of(variables));
  }

  /** Two samples of {@code [1, 2, 2]}, which differ from their clean inputs by {@code change}. */
  private static Map<String, Tensor> columns(float change, Sample... samples) {
    Tensor clean = Tensors.full(0.5, samples.length, 1, 2, 2);
    Tensor images = clean.add(change);
    return AttackFile.columns(
        new AttackResult("pgd[steps=5]", 7, 32, "float32", images, List.of(samples), 0), clean);
  }

  private List<SavedExample> read() {
    List<SavedExample> examples = new ArrayList<>();
    AttackFileReader.read(file, TERMS).forEach(examples::add);
    return examples;
  }

  @Test
  void whatFellIsRead() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> parts =
          AttackFile.join(
              List.of(
                  columns(0.0625f, sample(4, Outcome.HELD), sample(5, Outcome.FELL)),
                  columns(-0.0625f, sample(6, Outcome.SKIPPED_WRONG), sample(7, Outcome.FELL))));
      assertThat(parts).doesNotContainKey(AttackFile.VARIABLES);
      Safetensors.write(file, parts, origin(Saved.THREAT).toMetadata());
    }
    List<SavedExample> examples = read();
    assertThat(examples).extracting(e -> e.entry().source().sampleId()).containsExactly(5L, 7L);
    Entry first = examples.get(0).entry();
    assertThat(first.prediction()).isEqualTo(2);
    assertThat(first.confidence()).isEqualTo(0.75);
    assertThat(first.distances()).isEqualTo(new Distances(4, 0.25, 0.125, 0.0625));
    assertThat(first.attack())
        .isEqualTo(new AttackOrigin("pgd[steps=5]", 7, "float32", "0.1.0", 6, 5));
    assertThat(first.source())
        .isEqualTo(new SampleSource("test data", "ab".repeat(32), 5, "MIT", "study-3", "cat"));
    assertThat(first.expires()).isEqualTo(LocalDate.parse("2030-01-01"));
    assertThat(examples).allMatch(e -> Checks.sound(e.entry(), e.content()) == null);
  }

  /** A part in which nothing fell has no variables; the whole has a row for each sample. */
  @Test
  void parametersComeAlong() {
    ThreatModel rotation = ThreatModel.of(new RotationTranslation(30, 0.125));
    try (Scope scope = Scope.open()) {
      Tensor blank = Tensors.zeros(1, 1, 2, 2);
      Sample fell = sample(5, Outcome.FELL, 20f, 0.0625f, 0f);
      Map<String, Tensor> parts =
          AttackFile.join(
              List.of(
                  columns(0, sample(4, Outcome.HELD)),
                  AttackFile.columns(
                      new AttackResult("pgd", 7, 32, "float32", blank, List.of(fell), 0), blank)));
      assertThat(parts.get(AttackFile.VARIABLES)).isNotNull();
      Safetensors.write(file, parts, origin(rotation).toMetadata());
    }
    SavedExample example = read().get(0);
    assertThat(example.content().variables()).containsExactly(20, 0.0625f, 0);
    assertThat(Checks.sound(example.entry(), example.content())).isNull();
  }

  /** Members of a union may have different numbers of parameters, or none. */
  @Test
  void parametersOfAUnionKeepTheirNumber() {
    ThreatModel union =
        ThreatModel.union(
            ThreatModel.of(new RotationTranslation(30, 0.125)), ThreatModel.of(new Flow(1, 2)));
    try (Scope scope = Scope.open()) {
      Sample turned = sample(5, Outcome.FELL, 20f, 0.0625f, 0f);
      Float[] nowhere = new Float[8];
      Arrays.fill(nowhere, 0f);
      Sample flowed = sample(6, Outcome.FELL, nowhere);
      Tensor blank = Tensors.zeros(2, 1, 2, 2);
      AttackResult both =
          new AttackResult("pgd", 7, 32, "float32", blank, List.of(turned, flowed), 0);
      Safetensors.write(
          file,
          AttackFile.join(List.of(AttackFile.columns(both, blank))),
          origin(union).toMetadata());
    }
    assertThat(read()).extracting(e -> e.content().variables().length).containsExactly(3, 8);
    assertThat(read()).allMatch(e -> Checks.sound(e.entry(), e.content()) == null);
  }

  @Test
  void filesOfUnknownOriginAreRefused() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> some = AttackFile.join(List.of(columns(0, sample(5, Outcome.FELL))));
      Safetensors.write(file, some, Map.of());
      refused("holdfast.origin: expected the origin of the examples", "run the attack again");
      Map<String, String> changed = new LinkedHashMap<>();
      origin(Saved.THREAT)
          .toMetadata()
          .forEach((key, text) -> changed.put(key, text.replace("0.1", "0.2")));
      Safetensors.write(file, some, changed);
      refused("holdfast.origin: expected an origin with its SHA-256");
      some.remove("confidences");
      some.put("ids", Tensors.of(new long[] {1, 2}, 2));
      some.put("queries", Tensors.ones(1));
      Safetensors.write(file, some, origin(Saved.THREAT).toMetadata());
      refused("confidences: expected float32", "queries: expected int64");
    }
  }

  private void refused(String... words) {
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidInputException.class)
        .message()
        .containsIgnoringCase(words[0])
        .contains(file.toString());
    for (String word : words) {
      assertThatThrownBy(this::read).message().containsIgnoringCase(word);
    }
  }
}
