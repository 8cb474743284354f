package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights do not say how large the images are that they are for; the data do. */
final class ImageSizesTest {
  private static final int COUNT = 24;
  private static final int CLASSES = 3;

  private final Path folder;

  ImageSizesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "mlp[hidden=12]; mlp; 1; 8; 8",
        "preact-resnet-18[width=2]; preact-resnet-18; 1; 16; 16",
        "wide-resnet[depth=10,width=1]; wide-resnet; 3; 16; 24",
        "small-cnn; small-cnn; 1; 32; 32",
        "vit[patch=4,depth=1,heads=2,dim=8]; vit,heads=2; 1; 8; 16"
      })
  void weightsServeImagesOfTheSizeOfTheData(
      String name, String bare, long channels, long height, long width) {
    Shape shape = Shape.of(channels, height, width);
    Path data = folder.resolve("data.safetensors");
    Path weights = folder.resolve("weights.safetensors");
    long right = write(Architectures.parse(name).build(shape, CLASSES), shape, data, weights);
    for (String start : new String[] {name, bare}) {
      Ran ran = evaluate(weights, start, data);
      assertThat(ran.exit()).as(ran.err()).isZero();
      Scorecard card = Scorecard.read(folder.resolve("out/scorecard.json"));
      assertThat(card.cleanAccuracy().value()).isEqualTo((double) right / COUNT);
      assertThat(card.cleanAccuracy().n()).isEqualTo(COUNT);
    }
  }

  @Test
  void dataOfAnotherSizeAreRefusedAsSuch() {
    Path data = folder.resolve("data.safetensors");
    Path weights = folder.resolve("weights.safetensors");
    Shape large = Shape.of(1, 32, 32);
    write(Architectures.parse("small-cnn").build(large, CLASSES), large, data, weights);
    Architecture usual = Architectures.smallCnn(1, CLASSES);
    try (Network network = usual.initialise(new Seed(1))) {
      Safetensors.write(weights, network.weights(), Map.of());
    }
    Ran ran = evaluate(weights, "small-cnn", data);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("shape: expected [1, 28, 28], what the model takes, found [1, 32, 32]");
    assertThat(Files.exists(folder.resolve("out"))).isFalse();
  }

  private Ran evaluate(Path weights, String architecture, Path data) {
    return Ran.command(
        "evaluate",
        "--model",
        weights,
        "--architecture",
        architecture,
        "--data",
        data,
        "--threat",
        "linf:0.02",
        "--attack",
        "none",
        "--out",
        folder.resolve("out"));
  }

  /** Weights and labelled images; gives back how many of these the network gets right. */
  private static long write(Architecture architecture, Shape shape, Path data, Path weights) {
    try (Scope scope = Scope.open();
        Network network = architecture.initialise(new Seed(5))) {
      Safetensors.write(weights, network.weights(), Map.of());
      Tensor x = Rng.of(new Seed(6)).uniform(0, 1, shape.batched(COUNT)); // [N, C, H, W]
      long[] answers = network.apply(x).argmax(1).toLongs();
      long[] labels =
          IntStream.range(0, COUNT)
              .mapToLong(i -> i < 7 ? (answers[i] + 1) % CLASSES : answers[i])
              .toArray();
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", x);
      tensors.put("labels", Tensors.of(labels, COUNT));
      Safetensors.write(data, tensors, Map.of());
      return COUNT - 7;
    }
  }
}
