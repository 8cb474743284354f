package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with the options of {@code evaluate}: one clear message each, exit 2. */
final class BadEvaluationTest {
  private static Path folder;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    Ran.experiment(folder);
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

  /** A command on the weights and the test samples. */
  private static Ran onWeights(Path out, String command, String threat, Object... more) {
    List<Object> args = new ArrayList<>(List.of(command, "--model", weights()));
    args.addAll(List.of("--architecture", "mlp,hidden=16", "--threat", threat, "--out", out));
    args.addAll(List.of("--data", folder.resolve("test.safetensors")));
    args.addAll(List.of(more));
    return Ran.command(args.toArray());
  }

  @Test
  void anEvaluationDoesNotOverwriteARun() throws IOException {
    Path out = Files.createDirectories(folder.resolve("hardened"));
    Files.writeString(out.resolve("experiment.json"), BadInputTest.OF_A_RUN);
    Files.writeString(out.resolve("scorecard.json"), "mine");
    Ran ran = onWeights(out, "evaluate", "linf:0.1", "--attack", "fgsm");
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("found the results of harden (scorecard.json");
    assertThat(out.resolve("scorecard.json")).hasContent("mine");
  }

  /** Who writes them expects something of them. */
  @Test
  void optionsThatWouldDoNothingAreRefused() {
    Path out = folder.resolve("nothing");
    Ran evaluated =
        onWeights(
            out,
            "evaluate",
            "linf:0.1",
            "--attack",
            "fgsm",
            "--corruption-types",
            "fog",
            "--fusion",
            "losses");
    assertThat(evaluated.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(evaluated.err())
        .contains("--corruption-types: expected --corruptions beside it")
        .contains("--fusion: expected --surrogate beside it");
    Ran inventory = onWeights(out, "inventory", "linf:0.03");
    assertThat(inventory.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(inventory.err()).contains("--threat: expected --threats");
    Ran objectives = Ran.command("objectives", "--dry-run");
    assertThat(objectives.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(objectives.err()).contains("--dry-run: expected --measure beside it");
    assertThat(out).doesNotExist();
  }

  /** A label beyond the model's classes, in a sample that would not be attacked. */
  @Test
  void labelsOfAllSamplesAreChecked() {
    Path data = folder.resolve("twelve.safetensors");
    BadFiles.floats(data, 0.5f, 12);
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
            0,
            "--shard",
            0,
            "--workers",
            -1);
    assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .startsWith("8 problems:")
        .contains(
            "--shard: expected at least 1 sample, found 0",
            "--workers: expected at least 1, or 0 for one per core, found -1",
            "--attack pdg: expected an attack; 'holdfast attacks' lists them",
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
