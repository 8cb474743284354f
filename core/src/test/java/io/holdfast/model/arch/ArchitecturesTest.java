package io.holdfast.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchitecturesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "mlp[hidden=20-10]; 7; 67e48f0c098ce279",
        "small-cnn; 10; 0b29915ba0648dc0",
        "preact-resnet-18[width=4]; 10; 04ddb8980b1631b0",
        "wide-resnet[depth=10,width=1]; 5; 744317ae7d257c60",
        "vit[patch=8,depth=2,heads=2,dim=16]; 3; 7bbd3b1e9527b632"
      })
  void namedArchitecturesInitialiseAsEverAndComeBackFromTheirWeights(
      String name, int classes, String hash, @TempDir Path folder) {
    Blueprint blueprint = Architectures.parse(name);
    Architecture architecture = blueprint.build(blueprint.defaultInput(), classes);
    Path file = folder.resolve("w.safetensors");
    try (Scope scope = Scope.open();
        Network network = architecture.initialise(new Seed(7))) {
      assertThat(network.hash()).as(name).startsWith(hash);
      Tensor x = Tensors.full(0.5, blueprint.defaultInput().batched(2));
      assertThat(network.apply(x).shape()).containsExactly(2, classes);
      Map<String, Tensor> theirs = new LinkedHashMap<>();
      network.weights().forEach((ours, t) -> theirs.put(architecture.names().theirs(ours), t));
      for (Map<String, Tensor> weights : java.util.List.of(network.weights(), theirs)) {
        Safetensors.write(file, weights, Map.of());
        String bare = name.startsWith("vit") ? "vit[heads=2]" : name.replaceAll("\\[.*", "");
        WeightsFile.Loaded loaded = WeightsFile.open(file).load(bare);
        try (Network back = loaded.network()) {
          assertThat(back.hash()).isEqualTo(network.hash());
          assertThat(back.graph()).isEqualTo(network.graph());
        }
      }
    }
  }

  @Test
  void sizesOfThePapersComeOut() {
    assertThat(count(Architectures.smallCnn(1, 10))).isEqualTo(312_202);
    assertThat(count(Architectures.preactResNet18(3, 10, 64))).isEqualTo(11_172_170);
    assertThat(count(Architectures.wideResNet(3, 10, 28, 10))).isEqualTo(36_479_194);
  }

  private static long count(Architecture a) {
    return a.graph().parameters().stream()
        .filter(p -> p.spec().kind().learned())
        .mapToLong(p -> p.spec().shape().count())
        .sum();
  }

  @Test
  void unknownNamesAndParametersAreAnsweredWithTheNearest() {
    assertThatThrownBy(() -> Architectures.parse("small-cn"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("did you mean small-cnn?");
    assertThatThrownBy(() -> Architectures.parse("wide-resnet[deepth=28,width=0]"))
        .hasMessageContaining("did you mean depth?")
        .hasMessageContaining("width");
    assertThatThrownBy(() -> Architectures.parse("wide-resnet,depth=20"))
        .hasMessageContaining("6n + 4");
    assertThatThrownBy(() -> Architectures.parse("mlp[hidden=20-x]"))
        .hasMessageContaining("256-128");
    assertThatThrownBy(() -> Architectures.parse("vit[patch=5]").build(Shape.of(3, 32, 32), 10))
        .hasMessageContaining("a divisor of the image's height and width");
    assertThatThrownBy(() -> Architectures.smallCnn(1, 1)).hasMessageContaining("at least 2");
    assertThatThrownBy(() -> Architectures.parse("small-cnn").build(Shape.of(1, 8, 8), 10))
        .hasMessageContaining("an image of at least");
  }

  @Test
  void everyMismatchOfAWeightsFileIsReported(@TempDir Path folder) {
    Architecture architecture = Architectures.smallCnn(1, 10);
    Path file = folder.resolve("w.safetensors");
    try (Scope scope = Scope.open();
        Network network = architecture.initialise(new Seed(7))) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      network.weights().forEach((ours, t) -> weights.put(architecture.names().theirs(ours), t));
      weights.put("11.bais", Objects.requireNonNull(weights.remove("11.bias")));
      weights.put("2.weight", Tensors.ones(32, 32, 3, 4));
      weights.put("5.bias", Tensors.zeros(64).to(io.holdfast.tensor.DType.INT64));
      Safetensors.write(file, weights, Map.of());
      assertThatThrownBy(() -> WeightsFile.open(file).load("small-cnn"))
          .hasMessageContaining("11.bias: expected a tensor [200] for our fc1.bias, found nothing")
          .hasMessageContaining("did you mean 11.bais?")
          .hasMessageContaining("11.bais: expected no such weight in small-cnn")
          .hasMessageContaining("2.weight: expected shape [32, 32, 3, 3], found [32, 32, 3, 4]")
          .hasMessageContaining("5.bias: expected a type out of F32, F64, BF16, found I64");
      assertThatThrownBy(() -> WeightsFile.open(file).load("vit"))
          .hasMessageContaining("the weights of vit");
    }
  }

  @Test
  void aNameMapFileServesOtherNames(@TempDir Path folder) throws java.io.IOException {
    Path map = Files.writeString(folder.resolve("map.yaml"), "conv: stem.0\nblocks: body\nfc: 9\n");
    NameMap names = NameMap.read(map);
    assertThat(names.theirs("conv.weight")).isEqualTo("stem.0.weight");
    assertThat(names.theirs("blocks.3.bn1.bias")).isEqualTo("body.3.bn1.bias");
    assertThat(names.theirs("bn.bias")).isEqualTo("bn.bias");
    Path plain = folder.resolve("map.txt");
    Files.writeString(plain, "# ours = theirs\nconv=stem.0\n\nblocks = body # all\nfc=9\n");
    assertThat(NameMap.read(plain).rules()).isEqualTo(names.rules());
    Architecture architecture = Architectures.preactResNet18(2, 5, 4);
    Path file = folder.resolve("w.safetensors");
    try (Scope scope = Scope.open();
        Network network = architecture.initialise(new Seed(7))) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      network.weights().forEach((ours, t) -> weights.put(names.theirs(ours), t));
      weights.put("bn.num_batches_tracked", Tensors.of(new long[] {3}));
      Safetensors.write(file, weights, Map.of());
      Blueprint blueprint = Architectures.parse("preact-resnet-18");
      WeightsFile.Loaded loaded = WeightsFile.open(file).load(blueprint, names, null);
      try (Network back = loaded.network()) {
        assertThat(back.hash()).isEqualTo(network.hash());
        assertThat(loaded.architecture().name()).isEqualTo("preact-resnet-18[width=4]");
      }
    }
    Path bad = Files.writeString(folder.resolve("bad.yaml"), "conv: [1, 2]\nfc: {a: b}\n");
    assertThatThrownBy(() -> NameMap.read(bad))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("conv")
        .hasMessageContaining("fc");
    Path twice = Files.writeString(folder.resolve("twice.txt"), "conv=a\nconv=b\n");
    assertThatThrownBy(() -> NameMap.read(twice)).hasMessageContaining("each name once");
    Path mixed = Files.writeString(folder.resolve("mixed.txt"), "conv=a\nfc: b\n");
    assertThatThrownBy(() -> NameMap.read(mixed)).isInstanceOf(InvalidInputException.class);
  }
}
