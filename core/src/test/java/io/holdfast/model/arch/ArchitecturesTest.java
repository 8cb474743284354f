package io.holdfast.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.verify.bound.Bounds;
import io.holdfast.verify.bound.IntervalBounds;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mlp[hidden=20]",
        "small-cnn",
        "preact-resnet-18[width=4]",
        "wide-resnet[depth=10,width=1]",
        "vit[patch=8,depth=1,heads=2,dim=16]"
      })
  void everyArchitectureNormalisesItsInputsItself(String name, @TempDir Path folder) {
    Blueprint raw = Architectures.parse(name);
    long channels = raw.defaultInput().size(0);
    String mean = channels == 1 ? "mean=0.3" : "mean=[0.3,0.4,0.5]";
    String std = channels == 1 ? "std=[51/255]" : "std=[0.2,0.25,51/255]";
    boolean bare = !name.contains("[");
    Blueprint normalised =
        Architectures.parse(
            bare ? name + "," + mean + "," + std : name.replace("]", "," + mean + "," + std + "]"));
    Architecture plain = raw.build(raw.defaultInput(), 10);
    Path file = folder.resolve("w.safetensors");
    try (Scope scope = Scope.open();
        Network network = plain.initialise(new Seed(7))) {
      Map<String, Tensor> theirs = new LinkedHashMap<>();
      network.weights().forEach((ours, t) -> theirs.put(plain.names().theirs(ours), t));
      Safetensors.write(file, theirs, Map.of());
      WeightsFile.Loaded loaded = WeightsFile.open(file).load(normalised.name());
      try (Network back = loaded.network()) {
        Tensor x = Rng.of(new Seed(3)).uniform(0, 1, raw.defaultInput().batched(2)); // [2, C, H, W]
        float[] values = x.toFloats();
        int plane = values.length / 2 / (int) channels;
        for (int i = 0; i < values.length; i++) {
          int c = i / plane % (int) channels;
          values[i] =
              (values[i] - new float[] {0.3f, 0.4f, 0.5f}[c])
                  / (channels == 1 || c != 1 ? 0.2f : 0.25f);
        }
        Tensor byHand = Tensors.of(values, raw.defaultInput().batched(2));
        assertThat(back.apply(x).sub(network.apply(byHand)).abs().max().item()).isLessThan(1e-4);
        assertThat(back.apply(x).sub(network.apply(x)).abs().max().item()).isGreaterThan(1e-3);
        Architecture again =
            Architectures.parse(loaded.architecture().name()).build(raw.defaultInput(), 10);
        assertThat(again.graph()).isEqualTo(back.graph());
      }
    }
  }

  /** The step would be a fifth as long, had the threat model the model's units. */
  @Test
  void theThreatModelStaysInRawPixels() {
    Architecture architecture =
        Architectures.parse("mlp[hidden=8,mean=0.5,std=0.2]").build(Shape.of(1, 4, 4), 3);
    try (Scope scope = Scope.open();
        Network network = architecture.initialise(new Seed(7));
        Workers one = Workers.of(1)) {
      Tensor x = Tensors.full(0.5, 1, 1, 4, 4); // [1, C, H, W]
      int label = (int) network.apply(x).argmax(1).item();
      AttackResult result =
          new AttackDriver(network.classifier(), ThreatModel.linf(0.1).within(0, 1), one)
              .run(Fgsm.standard(), x, new int[] {label}, new long[] {0}, new Seed(1));
      assertThat(result.adversarial().sub(x).abs().max().item()).isCloseTo(0.1, within(1e-6));
    }
  }

  /** Every number of the format, against its definition. */
  @Test
  void weightsInHalfPrecisionAreWidened(@TempDir Path folder) throws IOException {
    int n = 1 << 16; // the exponent 31, which is of no number, stands for 0 here
    ByteBuffer data = ByteBuffer.allocate(2 * n + 56).order(ByteOrder.LITTLE_ENDIAN);
    float[] expected = new float[n];
    for (int i = 0; i < n; i++) {
      int exponent = (i >> 10) & 31;
      double fraction = (i & 1023) / 1024.0;
      double size =
          exponent == 0 ? Math.scalb(fraction, -14) : Math.scalb(1 + fraction, exponent - 15);
      expected[i] = exponent == 31 ? 0 : (float) (i >> 15 == 0 ? size : -size);
      data.putShort(2 * i, (short) (exponent == 31 ? 0 : i));
    }
    String json =
        "{\"fc1.weight\":{\"dtype\":\"F16\",\"shape\":[8,8192],\"data_offsets\":[0,131072]},"
            + "\"fc1.bias\":{\"dtype\":\"F16\",\"shape\":[8],\"data_offsets\":[131072,131088]},"
            + "\"fc2.weight\":{\"dtype\":\"F16\",\"shape\":[2,8],\"data_offsets\":[131088,131120]},"
            + "\"fc2.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[131120,131128]}}";
    Path file = folder.resolve("half.safetensors");
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length()).array());
      out.write(json.getBytes(StandardCharsets.US_ASCII));
      out.write(data.array());
    }
    try (Scope scope = Scope.open();
        Network network = WeightsFile.open(file).load("mlp").network()) {
      assertThat(network.weight("fc1.weight").toFloats()).containsExactly(expected);
    }
    assertThatThrownBy(() -> Safetensors.read(file)).hasMessageContaining("found F16");
  }

  @Test
  void meansAndDeviationsMustFitTheChannels() {
    assertThatThrownBy(
            () -> Architectures.parse("mlp[mean=[0.1,0.2]]").build(Shape.of(3, 8, 8), 10))
        .hasMessageContaining("one mean for all channels or for each of the 3, found 2 of them");
    assertThatThrownBy(() -> Architectures.parse("small-cnn[std=0]"))
        .hasMessageContaining("std: expected a number above 0");
  }

  /** He et al. 2015, equation 10: what goes through the layers keeps its size. */
  @Test
  void weightsBeginAsSaid() {
    Shape image = Shape.of(1, 28, 28);
    try (Scope scope = Scope.open();
        Network own = Architectures.parse("small-cnn").build(image, 10).initialise(new Seed(7));
        Network pytorch =
            Architectures.parse("small-cnn[init=pytorch]")
                .build(image, 10)
                .initialise(new Seed(7));
        Network he =
            Architectures.parse("small-cnn[init=he-fan-in]")
                .build(image, 10)
                .initialise(new Seed(7))) {
      own.weights()
          .forEach((n, w) -> assertThat(pytorch.weight(n).toFloats()).isEqualTo(w.toFloats()));
      Tensor weight = he.weight("conv4.weight"); // [64, 64, 3, 3]
      double variance = weight.mul(weight).mean().item();
      assertThat(variance).isCloseTo(2.0 / (64 * 9), Percentage.withPercentage(3));
      assertThat(he.weight("conv4.bias").abs().max().item()).isZero();
      Tensor x = Rng.of(new Seed(3)).normal(64, 1, 28, 28);
      assertThat(spread(he.apply(x))).isGreaterThan(20 * spread(own.apply(x)));
    }
    assertThatThrownBy(() -> Architectures.parse("small-cnn[init=he]"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("init")
        .hasMessageContaining("he-fan-in");
  }

  /** Shi et al. 2021: the absolute weights of each output add up to 2. */
  @Test
  void intervalsOfANetworkForBoundsKeepTheirWidth() {
    Shape image = Shape.of(1, 28, 28);
    try (Scope scope = Scope.open();
        Network bounds =
            Architectures.parse("small-cnn[init=ibp]").build(image, 10).initialise(new Seed(7));
        Network he =
            Architectures.parse("small-cnn[init=he-fan-in]")
                .build(image, 10)
                .initialise(new Seed(7))) {
      for (String layer : List.of("conv2", "conv4")) {
        Tensor weight = bounds.weight(layer + ".weight"); // [O, I, 3, 3]
        double sum = weight.abs().sum().item() / weight.size(0);
        assertThat(sum).as(layer).isCloseTo(2, Percentage.withPercentage(5));
        assertThat(bounds.weight(layer + ".bias").abs().max().item()).isZero();
      }
      assertThat(width(bounds)).isBetween(0.5, 4.0);
      assertThat(width(he)).isGreaterThan(100 * width(bounds));
    }
  }

  /** Of the logits' intervals, over that of the inputs'. */
  private static double width(Network network) {
    Tensor x = Rng.of(new Seed(3)).uniform(0, 1, 16, 1, 28, 28);
    Bounds logits =
        new IntervalBounds(network.graph(), network.weights(), Map.of())
            .of(new Bounds(x.sub(0.05), x.add(0.05)));
    return logits.upper().sub(logits.lower()).mean().item() / 0.1;
  }

  /** How far outputs {@code [N, K]} are from their mean over samples. */
  private static double spread(Tensor outputs) {
    return outputs.sub(outputs.meanKeep(0)).abs().mean().item();
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
          .hasMessageContaining("5.bias: expected a type out of F32, F64, BF16, F16, found I64");
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
