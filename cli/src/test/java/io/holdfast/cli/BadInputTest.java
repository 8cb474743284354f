package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Processor;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to give bad input: one clear message for each problem, exit 2, nothing written. */
final class BadInputTest {
  private static final String OF_A_RUN = "{\"code_version\": \"0.0.1\"}";

  private static Path folder;
  private static Path good;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    good = Ran.experiment(folder);
  }

  private static Arguments row(String name, List<String> overrides, String... problems) {
    return Arguments.of(name, overrides, List.of(problems));
  }

  /** Overrides of the good experiment, and the messages they lead to; DIR is the folder. */
  static Stream<Arguments> settings() {
    return Stream.of(
        row(
            "an unknown key with a near one",
            List.of("train.epocks=3"),
            "--set train.epocks: train.epocks: expected a known key, found an unknown one (did you"
                + " mean epochs?)"),
        row(
            "wrong types, all at once",
            List.of("train.epochs=many", "train.batch=0", "seed=1.5"),
            "--set seed: seed: expected an integer, found 1.5",
            "--set train.epochs: train.epochs: expected an integer from 1 to 1000000, found"
                + " \"many\"",
            "--set train.batch: train.batch: expected an integer from 1 to 1048576, found 0"),
        row(
            "epsilon outside the domain",
            List.of("threat.epsilon=1.5"),
            "--set threat.epsilon: threat.epsilon: expected at most 1, the width of the domain,"
                + " found 1.5 (epsilon is in the units of the input; for pixels in [0, 1], 8 of 255"
                + " is 8/255)"),
        row(
            "a domain that does not hold the pixels",
            List.of("threat.domain=[0, 0.5]", "threat.epsilon=0.1"),
            "--set threat.domain: threat.domain: expected one that holds the pixels, which are in"
                + " [0, 1], found [0.0, 0.5]"),
        row(
            "a device that is not there",
            List.of("device=cuda:1"),
            "--set device: device: expected a device that this build can reach, found cuda:1 (build"
                + " with the Maven profile cuda on a machine with an NVIDIA GPU, or use device:"
                + " cpu)"),
        row(
            "an unknown device",
            List.of("device=gpu"),
            "--set device: device: expected auto, cpu or cuda:N, found gpu"),
        row(
            "an unknown architecture",
            List.of("model.architecture=smal-cnn"),
            "--set model.architecture: model.architecture.name: expected an architecture: mlp,"
                + " small-cnn, preact-resnet-18, wide-resnet, vit, found smal-cnn (did you mean"
                + " small-cnn?)"),
        row(
            "an unknown attack",
            List.of("evaluate.attacks=[fgsm, pdg]"),
            "--set evaluate.attacks: evaluate.attacks[1].name: expected an attack: uniform-noise,"
                + " gaussian-noise, fgsm, r-fgsm, pgd, "),
        row(
            "an attack twice",
            List.of("evaluate.attacks=[fgsm, fgsm]"),
            "--set evaluate.attacks: evaluate.attacks: expected each attack once, found fgsm"
                + " twice"),
        row(
            "a curriculum beyond the threat model",
            List.of("train.curriculum.epsilon={from: 0.1, to: 0.3, until: 0.5}"),
            "--set train.curriculum.epsilon: train.curriculum.epsilon: expected at most the threat"
                + " model's 0.1, found 0.3 (train against a larger threat model if that is"
                + " meant)"),
        row(
            "a layer that is not there",
            List.of("model.freeze=[nothing]"),
            "--set model.freeze: model.freeze: expected names of layers: "),
        row(
            "data that are not there",
            List.of("data.train=DIR/nothing.npz", "data.test=embedded:fashion-mnist/tset"),
            "DIR/nothing.npz: expected a file or folder, found nothing",
            "embedded:fashion-mnist/tset: expected one of embedded:fashion-mnist/train,"
                + " embedded:fashion-mnist/test, found embedded:fashion-mnist/tset"),
        row(
            "a threat model's file that is not there",
            List.of("threat=DIR/nothing.yaml"),
            "DIR/nothing.yaml: expected an existing file, found no such file"),
        row(
            "an override without a value",
            List.of("train.epochs"),
            "--set train.epochs: expected path=value, such as train.epochs=8, found"
                + " \"train.epochs\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("settings")
  void badSettings(String name, List<String> overrides, List<String> problems) {
    refused(overrides, problems);
  }

  private static void refused(List<String> overrides, List<String> problems) {
    Path out = folder.resolve("out");
    Object[] args = {"harden", good, "--out", out};
    for (String override : overrides) {
      args = Arrays.copyOf(args, args.length + 2);
      args[args.length - 2] = "--set";
      args[args.length - 1] = override.replace("DIR", folder.toString());
    }
    Ran ran = Ran.command(args);
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    for (String problem : problems) {
      assertThat(ran.err()).contains(problem.replace("DIR", folder.toString()));
    }
    if (problems.size() > 1) {
      assertThat(ran.err()).startsWith(problems.size() + " problems:\n");
    } else {
      assertThat(ran.err().strip()).hasLineCount(1);
    }
    assertThat(ran.out()).isEmpty();
    assertThat(out).doesNotExist();
  }

  /** Data that do not go with the experiment: how to make them, and the message. */
  static Stream<Arguments> data() {
    return Stream.of(
        made(
            "NaN pixels",
            "nan.safetensors",
            f -> floats(f, Float.NaN, 10),
            "a finite pixel in [0, 1]"),
        made(
            "pixels beyond 1",
            "bright.safetensors",
            f -> floats(f, 3f, 10),
            "a finite pixel in [0, 1]"),
        made(
            "a single class",
            "single.safetensors",
            f -> floats(f, 0.5f, 1),
            "labels: expected at least two classes, found only class 0 in 20 samples (a classifier"
                + " needs samples of more than one class)"),
        made(
            "labels beyond the classes of the training samples",
            "more.safetensors",
            f -> floats(f, 0.5f, 12),
            "more.safetensors: labels[10] (and 1 more such label)"),
        made(
            "a file that ends too early",
            "cut.safetensors",
            BadInputTest::truncated,
            "cut.safetensors: images.data_offsets: expected begin and end within the file's 6260"
                + " bytes of data, found [0, 12544] (the file is truncated or damaged)",
            "cut.safetensors: labels.data_offsets: expected begin and end within the file's 6260"
                + " bytes of data, found [12544, 12672] (the file is truncated or damaged)"),
        made(
            "images of different sizes",
            "sizes",
            BadInputTest::imagesOfDifferentSizes,
            "expected images of one size, 28x28 as the first, found 20x20 (say resize: [28, 28] in"
                + " the data section)"),
        made(
            "images of another size than the training samples",
            "small.safetensors",
            f -> floats(f, 0.5f, 10, 1, 14, 14),
            "data.test: expected samples of shape [1, 28, 28] as in data.train, found [1, 14, 14]"
                + " (resize: [height, width] in the data section brings images to one size)"));
  }

  private static Arguments made(
      String name, String file, Consumer<Path> maker, String... problems) {
    return Arguments.of(name, file, maker, List.of(problems));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("data")
  void badData(String name, String file, Consumer<Path> maker, List<String> problems) {
    Path path = folder.resolve(file);
    maker.accept(path);
    refused(List.of("data.test=" + path), problems);
  }

  private static void floats(Path file, float odd, int classes, long... shape) {
    long[] one = shape.length == 0 ? new long[] {1, 28, 28} : shape;
    int n = 20;
    int size = (int) Arrays.stream(one).reduce(1, Math::multiplyExact);
    float[] pixels = new float[n * size];
    pixels[size + 3] = odd;
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", Tensors.of(pixels, n, one[0], one[1], one[2]));
      tensors.put(
          "labels", Tensors.of(IntStream.range(0, n).mapToLong(i -> i % classes).toArray(), n));
      Safetensors.write(file, tensors, Map.of());
    }
  }

  private static void truncated(Path file) {
    Dataset some = FashionMnist.test().first(16);
    Ran.images(some, file);
    try {
      byte[] all = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(all, all.length / 2));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void imagesOfDifferentSizes(Path path) {
    try {
      for (int i = 0; i < 4; i++) {
        Path file = path.resolve("class" + i % 2).resolve(i + ".png");
        Files.createDirectories(path.resolve("class" + i % 2));
        int side = i == 3 ? 20 : 28;
        ImageIO.write(
            new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void bfloat16WhereThereIsNone() {
    Assumptions.assumeFalse(
        Processor.hasBfloat16(), "this processor computes bfloat16; nothing to refuse");
    refused(
        List.of("train.precision=bfloat16"),
        List.of(
            "train.precision: expected a format that this processor computes natively, found"
                + " bfloat16 (use auto or float32: without avx512_bf16 or AMX, bfloat16 is slower"
                + " than float32)"));
  }

  @Test
  void aFolderThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("in-the-way"), "mine");
    Ran ran = Ran.command("harden", good, "--out", file);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .isEqualToIgnoringNewLines(
            file
                + ": expected a folder to write into, found a file of that name (choose another"
                + " folder, or move the file away)");
    assertThat(file).hasContent("mine");
  }

  /** Before anything of the run that is there is deleted; a dry run says the same. */
  @Test
  void aRefusedRunLeavesAnEarlierOneAlone() throws IOException {
    Path out = Files.createDirectories(folder.resolve("earlier"));
    Files.writeString(out.resolve("experiment.json"), OF_A_RUN);
    for (String name : List.of("model.holdfast", "ledger.parquet")) {
      Files.writeString(out.resolve(name), "mine");
    }
    String patience = "train.early_stopping.patience=2";
    for (String dry : List.of("--dry-run", "--json")) {
      Ran ran =
          Ran.command(
              "harden", good, "--out", out, dry, "--set", patience, "--set", "data.validation=0");
      assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).contains("data.validation: expected held-out samples");
      assertThat(out.resolve("experiment.json")).hasContent(OF_A_RUN);
      for (String name : List.of("model.holdfast", "ledger.parquet")) {
        assertThat(out.resolve(name)).hasContent("mine");
      }
    }
  }

  @Test
  void aDryRunRefusesFoldersThatTheRunWouldRefuse() throws IOException {
    Path file = Files.writeString(folder.resolve("dry-in-the-way"), "mine");
    Path foreign = Files.createDirectories(folder.resolve("foreign/model.holdfast"));
    Files.writeString(foreign.resolve("notes"), "mine");
    for (Path out : List.of(file, file.resolve("below"), foreign.resolve(".."))) {
      for (String dry : List.of("--dry-run", "--json")) {
        Ran ran = Ran.command("harden", good, "--out", out, dry);
        assertThat(ran.exit()).as(out + ran.err()).isEqualTo(Exit.BAD_INPUT);
      }
    }
    assertThat(file).hasContent("mine");
    assertThat(foreign.resolve("notes")).hasContent("mine");
  }

  @Test
  void anEvaluationDoesNotOverwriteARun() throws IOException {
    Path out = Files.createDirectories(folder.resolve("hardened"));
    Files.writeString(out.resolve("experiment.json"), OF_A_RUN);
    Files.writeString(out.resolve("scorecard.json"), "mine");
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            weights(),
            "--architecture",
            "mlp,hidden=16",
            "--data",
            folder.resolve("test.safetensors"),
            "--threat",
            "linf:0.1",
            "--attack",
            "fgsm",
            "--out",
            out);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("found the results of harden (scorecard.json");
    assertThat(out.resolve("scorecard.json")).hasContent("mine");
  }

  /** A label beyond the model's classes, in a sample that would not be attacked. */
  @Test
  void labelsOfAllSamplesAreChecked() {
    Path data = folder.resolve("twelve.safetensors");
    floats(data, 0.5f, 12);
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            weights(),
            "--architecture",
            "mlp,hidden=16",
            "--data",
            data,
            "--threat",
            "linf:0.1",
            "--attack",
            "fgsm",
            "--examples",
            5,
            "--out",
            folder.resolve("o"));
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .contains("labels: expected classes from 0 to 9, those of the model, found 10 at ")
        .contains("twelve.safetensors: labels[10] (and 1 more such label)");
  }

  /** As {@code torch.save} writes them now, and as it did before 1.6. */
  @Test
  void aPyTorchFileIsNamedAsSuch() throws IOException {
    Path zipped = folder.resolve("model.pt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(zipped))) {
      for (String entry : List.of("model/data.pkl", "model/byteorder", "model/data/0")) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write(1);
      }
    }
    Path old = folder.resolve("old.pth");
    Files.write(old, HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e8002"));
    for (Path file : List.of(zipped, old)) {
      for (String[] more : new String[][] {{}, {"--architecture", "small-cnn"}}) {
        List<Object> args = new ArrayList<>(List.of("evaluate", "--model", file));
        args.addAll(List.of("--data", "embedded:fashion-mnist/test", "--threat", "linf:0.1"));
        args.addAll(List.of("--out", folder.resolve("o")));
        args.addAll(Arrays.asList(more));
        Ran ran = Ran.command(args.toArray());
        assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
        assertThat(ran.err())
            .isEqualToIgnoringNewLines(
                file
                    + ": expected a bundle, or weights as safetensors, found a PyTorch file (save"
                    + " its state_dict with safetensors.torch.save_file)");
      }
    }
  }

  @Test
  void thePlanNamesClassesWithoutASample() {
    Path data = folder.resolve("stray.safetensors");
    labelled(data, i -> i % 2 == 0 ? 0 : 15, 1, 28, 28);
    Ran ran =
        Ran.command(
            "harden",
            good,
            "--out",
            folder.resolve("o"),
            "--dry-run",
            "--set",
            "data={train: " + data + ", test: " + data + ", validation: 0}");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out())
        .contains(
            "note        14 of 16 classes have no sample to train on: 1, 2, 3, 4, 5, 6, 7, 8, 9,"
                + " 10, ...");
  }

  private static void labelled(Path file, IntUnaryOperator label, long... shape) {
    int n = 20;
    int size = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", Tensors.of(new float[n * size], n, shape[0], shape[1], shape[2]));
      tensors.put(
          "labels", Tensors.of(IntStream.range(0, n).map(label).asLongStream().toArray(), n));
      Safetensors.write(file, tensors, Map.of());
    }
  }

  /** Of an MLP with 16 hidden units. */
  private static Path weights() {
    Path file = folder.resolve("mlp.safetensors");
    try (Network network =
        Architectures.parse("mlp,hidden=16")
            .build(Shape.of(1, 28, 28), 10)
            .initialise(new Seed(1))) {
      Safetensors.write(file, network.weights(), Map.of());
    }
    return file;
  }

  @Test
  void linesOfTheFileAreNamed() throws IOException {
    Path file = folder.resolve("lines.yaml");
    Files.writeString(file, "data: {train: a, test: b}\nmodel: {architecture: mlp}\nsead: 1\n");
    Ran ran = Ran.command("harden", file, "--out", folder.resolve("out"));
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .isEqualToIgnoringNewLines(
            "2 problems:  - %1$s:1: threat: expected a name, or a section with a name, found nothing"
                    .formatted(file)
                + "  - %1$s:3: sead: expected a known key, found an unknown one (did you mean seed?)"
                    .formatted(file));
  }

  @Test
  void allThatIsWrongWithACommandLineAtOnce() {
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            folder.resolve("no.holdfast"),
            "--data",
            "embedded:nothing",
            "--threat",
            "linf:7",
            "--attack",
            "pdg,pgd[steps=0]",
            "--out",
            folder.resolve("o"),
            "--examples",
            0);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .startsWith("6 problems:")
        .contains(
            "--attack pdg: name: expected an attack: ",
            "(did you mean pgd?)",
            "--attack pgd[steps=0]: steps: expected an integer from 1",
            "--examples: expected at least 1, found 0",
            "no.holdfast: expected",
            "embedded:nothing: expected one of embedded:fashion-mnist/train",
            "--threat linf:7: epsilon: expected at most 1, the width of the domain, found 7");
    assertThat(folder.resolve("o")).doesNotExist();
  }

  @Test
  void weightsWithoutAnArchitecture() {
    Path weights = folder.resolve("train.safetensors");
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            weights,
            "--data",
            folder.resolve("test.safetensors"),
            "--threat",
            "linf:0.1",
            "--out",
            folder.resolve("o"));
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .isEqualToIgnoringNewLines(
            weights
                + ": expected a bundle, found another file (weights need an architecture: mlp,"
                + " small-cnn, preact-resnet-18, wide-resnet, vit)");
  }
}
