package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.tensor.Processor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
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
  static final String OF_A_RUN = "{\"code_version\": \"0.0.1\"}";

  private static Path folder;
  private static Path good;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    good = Ran.experiment(folder);
    Files.writeString(folder.resolve("tiny.csv"), "0,1,2,3,4\n1,1,2,3,5\n");
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
            "--set train.epocks: expected a known key, found an unknown one (did you"
                + " mean epochs?)"),
        row(
            "wrong types, all at once",
            List.of("train.epochs=many", "train.batch=0", "seed=1.5"),
            "--set seed: expected an integer, found 1.5",
            "--set train.epochs: expected an integer from 1 to 1000000, found" + " \"many\"",
            "--set train.batch: expected an integer from 1 to 1048576, found 0"),
        row(
            "epsilon outside the domain",
            List.of("threat.epsilon=1.5"),
            "--set threat.epsilon: expected at most 1, the width of the domain,"
                + " found 1.5 (epsilon is in the units of the input; for pixels in [0, 1], 8 of 255"
                + " is 8/255)"),
        row(
            "a domain that does not hold the pixels",
            List.of("threat.domain=[0, 0.5]", "threat.epsilon=0.1"),
            "--set threat.domain: expected [0, 1], the range of pixels here, found [0.0,"
                + " 0.5] (bytes are read as value/255: write epsilon so too, as in 8/255)"),
        row(
            "a domain in bytes",
            List.of("threat={perturbation: linf, epsilon: 8, domain: [0, 255]}"),
            "--set threat: threat.domain: expected [0, 1], the range of pixels here, found [0.0,"
                + " 255.0] (bytes are read as value/255: write epsilon so too, as in 8/255)"),
        row(
            "a class that is not there as the attacker's goal",
            List.of("threat.goal=class:10"),
            "--set threat.goal: expected a class from class:0 to class:9, found class:10"),
        row(
            "one name of a class, for data that were named by their path alone",
            List.of("data.test=DIR/test.safetensors", "data.test.classes=3"),
            "--set data.test.classes: expected two or more different names, found [3] (such as"
                + " [cat, dog])"),
        row(
            "images too small for the network",
            List.of(
                "model.architecture=small-cnn",
                "data={train: DIR/tiny.csv, test: DIR/tiny.csv, validation: 0}"),
            "--set model.architecture: expected samples that small-cnn can take, found [1, 2, 2]"),
        row(
            "a setting and the data",
            List.of("seed=x", "data.test=DIR/nothing.npz"),
            "--set seed: expected an integer, found \"x\"",
            "--set data.test: expected a file or folder, found nothing at DIR/nothing.npz"),
        row(
            "a device that is not there",
            List.of("device=cuda:1"),
            "--set device: expected a device that this build can reach, found cuda:1 (build"
                + " with the Maven profile cuda on a machine with an NVIDIA GPU, or use device:"
                + " cpu)"),
        row(
            "an unknown device",
            List.of("device=gpu"),
            "--set device: expected auto, cpu or cuda:N, found gpu"),
        row(
            "an unknown architecture",
            List.of("model.architecture=smal-cnn"),
            "--set model.architecture: expected an architecture: mlp,"
                + " small-cnn, preact-resnet-18, wide-resnet, vit, found smal-cnn (did you mean"
                + " small-cnn?)"),
        row(
            "an unknown attack",
            List.of("evaluate.attacks=[fgsm, pdg]"),
            "--set evaluate.attacks: evaluate.attacks[1]: expected an attack; 'holdfast attacks' lists"
                + " them, found \"pdg\" (did you mean pgd?)"),
        row(
            "an attack twice",
            List.of("evaluate.attacks=[fgsm, fgsm]"),
            "--set evaluate.attacks: expected each attack once, found fgsm" + " twice"),
        row(
            "a curriculum beyond the threat model",
            List.of("train.curriculum.epsilon={from: 0.1, to: 0.3, until: 0.5}"),
            "--set train.curriculum.epsilon: expected at most the threat"
                + " model's 0.1, found 0.3 (train against a larger threat model if that is"
                + " meant)"),
        row(
            "a curriculum of steps for a search of one step",
            List.of("train.attack=n-fgsm", "train.curriculum.steps={from: 1, to: 5}"),
            "--set train.curriculum.steps: expected attack: pgd or friendly, whose steps it changes,"
                + " found n-fgsm"),
        row(
            "a layer that is not there",
            List.of("model.freeze=[nothing]"),
            "--set model.freeze: expected names of layers: "),
        row(
            "data that are not there",
            List.of("data.train=DIR/nothing.npz", "data.test=embedded:fashion-mnist/tset"),
            "--set data.train: expected a file or folder, found nothing at DIR/nothing.npz",
            "--set data.test: expected one of embedded:fashion-mnist/train,"
                + " embedded:fashion-mnist/test, found embedded:fashion-mnist/tset"),
        row(
            "a threat model's file that is not there",
            List.of("threat=DIR/nothing.yaml"),
            "--set threat: expected an existing file, found no such file at DIR/nothing.yaml"),
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
            f -> BadFiles.floats(f, Float.NaN, 10),
            "a finite pixel in [0, 1]"),
        made(
            "pixels beyond 1",
            "bright.safetensors",
            f -> BadFiles.floats(f, 3f, 10),
            "a finite pixel in [0, 1]"),
        made(
            "a single class",
            "single.safetensors",
            f -> BadFiles.floats(f, 0.5f, 1),
            "expected at least two classes, found only class 0 in 20 samples at"
                + " DIR/single.safetensors: labels (a classifier needs samples of more than one class)"),
        made(
            "labels beyond the classes of the training samples",
            "more.safetensors",
            f -> BadFiles.floats(f, 0.5f, 12),
            "more.safetensors: labels[10] (and 1 more such label)"),
        made(
            "a file that ends too early",
            "cut.safetensors",
            BadInputTest::truncated,
            "--set data.test: expected 12672 bytes of data, as its header says, found 6260 bytes"
                + " at DIR/cut.safetensors (the file is truncated)"),
        made(
            "images of different sizes",
            "sizes",
            BadInputTest::imagesOfDifferentSizes,
            "expected images of one size, 28x28 as the first, found 20x20 at"
                + " DIR/sizes: class1/3.png (say resize: [28, 28] in the data section)"),
        made(
            "rows that are no rows, all of them",
            "rows.csv",
            BadInputTest::badRows,
            "--set data.test: expected 5 columns, as the row before, found 4 at DIR/rows.csv:2",
            "--set data.test: expected a number in column 1, found \"x\" at DIR/rows.csv:4",
            "--set data.test: expected a pixel from 0 to 255 in column 4, found 256 at DIR/rows.csv:5"),
        made(
            "a first row that is damaged, and no header",
            "first.csv",
            file -> write(file, "0,1,2,x,4\n1,1,2,3,4\n"),
            "--set data.test: expected a number in column 3, found \"x\" at DIR/first.csv:1"),
        made(
            "images that are no images, all of them",
            "broken",
            BadInputTest::brokenImages,
            " at DIR/broken: class0/2.png",
            " at DIR/broken: class1/3.png"),
        made(
            "images of another size than the training samples",
            "small.safetensors",
            f -> BadFiles.floats(f, 0.5f, 10, 1, 14, 14),
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

  private static void badRows(Path file) {
    write(file, "0,1,2,3,4\n1,1,2,3\n1,5,6,7,8\n0,x,2,3,4\n1,1,2,3,256\n");
  }

  /** The last two of four. */
  private static void brokenImages(Path path) {
    try {
      for (int i = 0; i < 4; i++) {
        Path file = Files.createDirectories(path.resolve("class" + i % 2)).resolve(i + ".png");
        BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
        if (i < 2) {
          ImageIO.write(image, "png", file.toFile());
        } else {
          Files.writeString(file, "no image");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
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
  void thePlanNamesClassesWithoutASample() {
    Path data = folder.resolve("stray.safetensors");
    BadFiles.labelled(data, i -> i % 2 == 0 ? 0 : 15, 1, 28, 28);
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

  @Test
  void linesOfTheFileAreNamed() throws IOException {
    Path file = folder.resolve("lines.yaml");
    Files.writeString(file, "data: {train: a, test: b}\nmodel: {architecture: mlp}\nsead: 1\n");
    Ran ran = Ran.command("harden", file, "--out", folder.resolve("out"));
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .isEqualToIgnoringNewLines(
            "4 problems:  - %1$s:1: threat: expected a name, or a section with a name, found nothing"
                    .formatted(file)
                + "  - %1$s:1: data.train: expected a file or folder, found nothing at a"
                    .formatted(file)
                + "  - %1$s:1: data.test: expected a file or folder, found nothing at b"
                    .formatted(file)
                + "  - %1$s:3: sead: expected a known key, found an unknown one (did you mean seed?)"
                    .formatted(file));
  }
}
