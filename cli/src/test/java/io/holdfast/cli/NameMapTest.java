package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights under someone else's names: {@code --architecture} with {@code --name-map}. */
final class NameMapTest {
  private static Path folder;
  private static Path ours;
  private static Path theirs;

  @BeforeAll
  static void writeTheSameWeightsTwice(@TempDir Path directory) {
    folder = directory;
    ours = folder.resolve("ours.safetensors");
    theirs = folder.resolve("theirs.safetensors");
    try (Network network = Architectures.mlp(Shape.of(1, 28, 28), 10, 12).initialise(new Seed(5))) {
      Safetensors.write(ours, network.weights(), Map.of());
      Map<String, Tensor> renamed = new LinkedHashMap<>();
      network
          .weights()
          .forEach((name, tensor) -> renamed.put(name.replace("fc", "net.dense_"), tensor));
      Safetensors.write(theirs, renamed, Map.of());
    }
  }

  private static Ran evaluate(Path weights, String out, Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--model",
                weights,
                "--data",
                "embedded:fashion-mnist/test",
                "--threat",
                "linf:0.02",
                "--attack",
                "fgsm",
                "--examples",
                50,
                "--out",
                folder.resolve(out)));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  private static Path map(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  /** 1.10 is the tenth layer of the first block, and not 1.1. */
  @Test
  void namesThatLookLikeNumbersStayAsTheyAre() throws IOException {
    Path numbered = folder.resolve("numbered.safetensors");
    try (Network network = Architectures.mlp(Shape.of(1, 28, 28), 10, 12).initialise(new Seed(5))) {
      Map<String, Tensor> renamed = new LinkedHashMap<>();
      network
          .weights()
          .forEach(
              (name, tensor) ->
                  renamed.put(name.replace("fc1", "1.10").replace("fc2", "007"), tensor));
      Safetensors.write(numbered, renamed, Map.of());
    }
    Path yaml = map("numbers.yaml", "fc1: 1.10", "fc2: 007");
    Ran ran = evaluate(numbered, "numbered", "--architecture", "mlp", "--name-map", yaml);
    assertThat(ran.exit()).as(ran.err()).isZero();
    Path bad = map("bad.yaml", "fc1: [1, 2]", "fc2: 007");
    Ran refused = evaluate(numbered, "refused", "--architecture", "mlp", "--name-map", bad);
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("fc1: expected");
  }

  @Test
  void aMapLeadsToTheSameModel() throws IOException {
    assertThat(evaluate(ours, "ours", "--architecture", "mlp").exit()).isZero();
    Path lines = map("lines.txt", "# ours=theirs", "fc1 = net.dense_1", "fc2=net.dense_2");
    Path yaml = map("names.yaml", "fc1: net.dense_1", "fc2: net.dense_2");
    Scorecard expected = Scorecard.read(folder.resolve("ours/scorecard.json"));
    for (Path map : List.of(lines, yaml)) {
      Ran ran = evaluate(theirs, "theirs", "--architecture", "mlp", "--name-map", map);
      assertThat(ran.exit()).as(ran.err()).isZero();
      Scorecard card = Scorecard.read(folder.resolve("theirs/scorecard.json"));
      assertThat(card.cleanAccuracy()).isEqualTo(expected.cleanAccuracy());
      assertThat(card.robustAccuracy()).isEqualTo(expected.robustAccuracy());
    }
  }

  @Test
  void everyMismatchIsNamed() throws IOException {
    Ran none = evaluate(theirs, "none", "--architecture", "mlp");
    assertThat(none.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(none.err()).contains(theirs.toString(), "net.dense_1.bias", "name map");
    Path half = map("half.txt", "fc2=net.dense_2", "fc1.bias=net.dense_1.bais");
    Ran ran = evaluate(theirs, "none", "--architecture", "mlp[hidden=12]", "--name-map", half);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains(
            "expected the weights of mlp[hidden=12], among them fc1.weight for our fc1.weight")
        .contains("check the architecture and the name map");
    Path bias = map("bias.txt", "fc1=net.dense_1", "fc2=net.dense_2", "fc1.bias=net.dense_1.bais");
    Ran near = evaluate(theirs, "none", "--architecture", "mlp[hidden=12]", "--name-map", bias);
    assertThat(near.err())
        .startsWith("2 problems:")
        .contains(
            "net.dense_1.bais: expected a tensor [12] for our fc1.bias, found nothing"
                + " (did you mean net.dense_1.bias?)")
        .contains("net.dense_1.bias: expected no such weight in mlp[hidden=12], found one");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void aMapThatCannotServeIsRefused() throws IOException {
    Path good = map("good.txt", "fc1=net.dense_1", "fc2=net.dense_2");
    assertThat(evaluate(theirs, "none", "--name-map", good).err())
        .contains("weights need an architecture");
    Path missing = folder.resolve("missing.txt");
    assertThat(evaluate(theirs, "none", "--architecture", "mlp", "--name-map", missing).err())
        .contains(missing + ": expected an existing file, found no such file");
    Path empty = map("empty.txt", "# nothing");
    assertThat(evaluate(theirs, "none", "--architecture", "mlp", "--name-map", empty).err())
        .contains(empty + ": expected ");
    assertThat(folder.resolve("none")).doesNotExist();
  }
}
