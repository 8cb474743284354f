package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code model.start} and {@code model.freeze} of an experiment file, from training to bundle. */
final class StartTest {
  private static Path folder;
  private static Path file;
  private static Path first;

  @BeforeAll
  static void trainTheFirst(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    first = folder.resolve("first/model.holdfast");
    Ran ran = harden("first", "seed=3");
    assertThat(ran.exit()).as(ran.err()).isZero();
  }

  /** One short epoch and hardly an evaluation. */
  private static Ran harden(String out, String... settings) {
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", folder.resolve(out)));
    List<String> all =
        new ArrayList<>(List.of("train.epochs=1", "evaluate={attacks: [fgsm], examples: 4}"));
    all.addAll(Arrays.asList(settings));
    all.forEach(setting -> args.addAll(List.of("--set", setting)));
    return Ran.command(args.toArray());
  }

  /** How far each weight of one model is from the other's, at most, by layer. */
  private static double distance(Path one, Path other, String weight) {
    try (Bundle a = Bundle.read(one);
        Bundle b = Bundle.read(other);
        Scope scope = Scope.open()) {
      Map<String, Tensor> weights = a.network().weights();
      assertThat(weights).containsKey(weight);
      return a.network().weight(weight).sub(b.network().weight(weight)).abs().max().item();
    }
  }

  /** How far the change of a matrix is from a product of a column and a row, at most. */
  private static double rankOneError(Path one, Path other, String weight) {
    try (Bundle a = Bundle.read(one);
        Bundle b = Bundle.read(other);
        Scope scope = Scope.open()) {
      Tensor change = a.network().weight(weight).sub(b.network().weight(weight)); // [R, C]
      Tensor row = change.select(0, 0); // [C]
      for (int i = 1; row.abs().max().item() == 0; i++) { // of a unit that is never active
        row = change.select(0, i);
      }
      Tensor along =
          change.matmul(row.unsqueeze(1)).squeeze(1).div(row.square().sum().item()); // [R]
      return change.sub(along.unsqueeze(1).matmul(row.unsqueeze(0))).abs().max().item();
    }
  }

  @Test
  void aFrozenLayerKeepsTheWeightsOfTheStartAndTheOthersMoveOn() {
    Ran ran = harden("frozen", "model.start=" + first, "model.freeze=[fc1]");
    assertThat(ran.exit()).as(ran.err()).isZero();
    Path model = folder.resolve("frozen/model.holdfast");
    assertThat(distance(model, first, "fc1.weight")).isZero();
    assertThat(distance(model, first, "fc1.bias")).isZero();
    assertThat(distance(model, first, "fc2.weight")).isBetween(1e-4, 0.5);
  }

  @Test
  void aStartIsAdaptedByFewNumbers() {
    Ran ran = harden("adapted", "model.start=" + first, "train.lora={rank: 1}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    Path model = folder.resolve("adapted/model.holdfast");
    assertThat(distance(model, first, "fc1.weight")).isBetween(1e-5, 0.5);
    assertThat(rankOneError(model, first, "fc1.weight")).isLessThan(1e-5);
    Ran fresh = harden("unadapted", "train.lora={}");
    assertThat(fresh.exit()).isEqualTo(2);
    assertThat(fresh.err()).contains("train.lora: expected model.start");
    assertThat(folder.resolve("unadapted")).doesNotExist();
  }

  @Test
  void adversarialSamplesAreNotPutOffForAModelThatWasTrained() {
    Ran ran = harden("late", "model.start=" + first, "governor={deadline: 1h, samples: later}");
    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err())
        .contains("governor.samples: expected fewer, where training begins with another model");
    assertThat(folder.resolve("late")).doesNotExist();
  }

  @Test
  void aStartFromABundleOrItsWeightsGivesTheSameModel() throws IOException {
    Path weights = folder.resolve("first.safetensors");
    try (ZipFile zip = new ZipFile(first.toFile())) {
      Files.write(weights, zip.getInputStream(zip.getEntry("weights.safetensors")).readAllBytes());
    }
    String slow = "train.optimiser={name: sgd, learning_rate: 1e-6}";
    assertThat(harden("from-bundle", "model.start=" + first, slow).exit()).isZero();
    assertThat(harden("from-weights", "model.start=" + weights, slow).exit()).isZero();
    Path one = folder.resolve("from-bundle/model.holdfast");
    Path other = folder.resolve("from-weights/model.holdfast");
    assertThat(distance(one, first, "fc1.weight")).as("hardly moved").isBetween(1e-12, 1e-3);
    try (Bundle a = Bundle.read(one);
        Bundle b = Bundle.read(other);
        Bundle start = Bundle.read(first)) {
      assertThat(a.network().hash()).isEqualTo(b.network().hash());
      assertThat(a.provenance().dataHashes())
          .containsEntry("start", start.network().hash())
          .isEqualTo(b.provenance().dataHashes());
    }
  }

  /** Weights of another program, as {@code evaluate --name-map} takes them; of a stage too. */
  @Test
  void weightsUnderOtherNamesAreImported() throws IOException {
    Path theirs = folder.resolve("theirs.safetensors");
    try (Bundle start = Bundle.read(first)) {
      Map<String, Tensor> renamed = new LinkedHashMap<>();
      start.network().weights().forEach((n, w) -> renamed.put(n.replace("fc", "net.dense_"), w));
      Safetensors.write(theirs, renamed, Map.of());
    }
    Path names =
        Files.writeString(folder.resolve("names.yaml"), "fc1: net.dense_1\nfc2: net.dense_2\n");
    String slow = "train.optimiser={name: sgd, learning_rate: 1e-6}";
    String map = "model.name_map=" + names;
    assertThat(harden("theirs", "model.start=" + theirs, map, slow).exit()).isZero();
    assertThat(harden("own", "model.start=" + first, slow).exit()).isZero();
    String stage = "{name: tune, start: " + theirs + ", name_map: " + names + "}";
    Ran staged = harden("staged", "stages=[" + stage + "]", slow);
    assertThat(staged.exit()).as(staged.err()).isZero();
    String own = hash("own/model.holdfast");
    assertThat(hash("theirs/model.holdfast")).isEqualTo(own);
    assertThat(hash("staged/model.holdfast")).isEqualTo(own);

    Ran without = harden("none", "model.start=" + theirs);
    assertThat(without.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(without.err()).contains("theirs.safetensors", "net.dense_1.weight", "name map");
    Ran bundle = harden("none", "model.start=" + first, map);
    assertThat(bundle.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(bundle.err()).contains("model.name_map: expected a weights file as model.start");
    Ran fresh = harden("none", "stages=[{name: a}, {name: b, name_map: " + names + "}]");
    assertThat(fresh.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(fresh.err()).contains("stages[1].name_map: expected a weights file");
    Ran missing = harden("none", "model.start=" + theirs, "model.name_map=" + names + ".none");
    assertThat(missing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(missing.err()).contains("names.yaml.none");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  private static String hash(String model) {
    try (Bundle bundle = Bundle.read(folder.resolve(model))) {
      return bundle.network().hash();
    }
  }

  /** Of a standard model that began as a hardened one, and of one that began as bare weights. */
  @Test
  void attacksSeenByTheStartAreSeen() throws IOException {
    String standard = "train.objective=standard";
    assertThat(harden("after-bundle", "model.start=" + first, standard).exit()).isZero();
    assertThat(seen("after-bundle")).isEqualTo("true");
    Path second = folder.resolve("after-bundle/model.holdfast");
    assertThat(harden("twice", "model.start=" + second, standard).exit()).isZero();
    assertThat(seen("twice")).isEqualTo("true");
    Path weights = folder.resolve("bare.safetensors");
    try (ZipFile zip = new ZipFile(first.toFile())) {
      Files.write(weights, zip.getInputStream(zip.getEntry("weights.safetensors")).readAllBytes());
    }
    assertThat(harden("after-weights", "model.start=" + weights, standard).exit()).isZero();
    assertThat(seen("after-weights")).isEqualTo("null");
    assertThat(harden("fresh", standard).exit()).isZero();
    assertThat(seen("fresh")).isEqualTo("false");
  }

  private static String seen(String run) {
    return Json.read(folder.resolve(run).resolve("scorecard.json"))
        .at("/attacks/fgsm/seen_in_training")
        .toString();
  }

  @Test
  void whatCannotBeStartedFromIsSaidBeforeAnythingIsTouched() throws IOException {
    FileTime before = Files.getLastModifiedTime(first);
    Ran ran =
        harden(
            "first",
            "model.start=" + folder.resolve("none.holdfast"),
            "model.freeze=[fc9]",
            "model.architecture=mlp[hidden=8]");
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .startsWith("2 problems:")
        .contains("model.freeze: expected names of layers: ", "found fc9")
        .contains("--set model.start: expected an existing file, found no such file at ")
        .contains("none.holdfast");
    Ran shapes = harden("other", "model.start=" + first, "model.architecture=mlp[hidden=8]");
    assertThat(shapes.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(shapes.err())
        .contains("expected shape [8, 784], found [16, 784] at " + first + ": fc1.weight")
        .contains("expected shape [10, 8], found [10, 16] at " + first + ": fc2.weight");
    assertThat(folder.resolve("other")).doesNotExist();
    Ran itself = harden("first", "model.start=" + first);
    assertThat(itself.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(itself.err())
        .contains("model.start: expected a model outside the folder for the results");
    assertThat(Files.getLastModifiedTime(first)).isEqualTo(before);
  }

  /** The same weights in another function, or for classes in another order. */
  @Test
  void aStartThatIsAnotherModelThoughItsWeightsFitIsRefused() {
    Ran mean =
        harden("moved", "model.start=" + first, "model.architecture=mlp[hidden=16,mean=0.3]");
    assertThat(mean.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(mean.err())
        .contains("model.start: expected a model of the same layers", "Normalise");
    List<String> names = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    Path named = folder.resolve("named.holdfast");
    try (Bundle plain = Bundle.read(first)) {
      Bundle.of(plain.network())
          .architecture(plain.architecture())
          .threat(plain.threat())
          .classNames(names)
          .provenance(plain.provenance())
          .build()
          .write(named);
    }
    String train = "data.train=embedded:fashion-mnist/test"; // whose classes have names
    Ran other = harden("other-classes", "model.start=" + named, train);
    assertThat(other.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(other.err())
        .contains("model.start: expected a model whose classes are those of the training samples")
        .contains("found a, b, c");
    Ran numbered = harden("numbered", "model.start=" + named);
    assertThat(numbered.exit()).as(numbered.err()).isZero();
  }

  @Test
  void aRunFromAnotherStartIsNotResumed() throws IOException {
    Path start = folder.resolve("start.holdfast");
    Files.copy(first, start);
    assertThat(harden("resumed", "model.start=" + start).exit()).isZero();
    Path other = folder.resolve("resumed/model.holdfast");
    Files.delete(start);
    Files.copy(other, start);
    List<Object> args =
        List.of(
            "harden",
            file,
            "--out",
            folder.resolve("resumed"),
            "--resume",
            "--set",
            "train.epochs=1",
            "--set",
            "evaluate={attacks: [fgsm], examples: 4}",
            "--set",
            "model.start=" + start);
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("the run to resume: content of start: expected", "leave out --resume");
  }
}
