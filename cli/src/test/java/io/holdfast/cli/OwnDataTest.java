package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.record.Scorecard;
import io.holdfast.testkit.data.SampleImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The user's own data in place of the embedded ones: {@code --data} and {@code --test}. */
final class OwnDataTest {
  /** As small as a run can be. */
  private static final List<Object> SMALL =
      List.of(
          "--set",
          "train.epochs=1",
          "--set",
          "train.attack={name: pgd, steps: 1}",
          "--set",
          "evaluate={attacks: [fgsm], examples: 12, curve: 0}");

  private static Ran run(List<Object> args) {
    List<Object> all = new ArrayList<>(args);
    all.addAll(SMALL);
    return Ran.command(all.toArray());
  }

  private static Path folderOfClasses(Path home) throws IOException {
    for (String split : List.of("train", "test")) {
      SampleImages images = SampleImages.random(36, 1, 28, 28, new Seed(split.length()));
      for (int i = 0; i < images.count(); i++) {
        Path file = home.resolve(split + "/kind " + images.label(i) + "/" + i + ".png");
        Files.createDirectories(file.getParent());
        Files.write(file, images.encoded(i, "png"));
      }
    }
    return home;
  }

  @Test
  void initWritesAnExperimentOnAFolderOfImagesThatRuns(@TempDir Path folder) throws IOException {
    Path data = folderOfClasses(folder.resolve("it's: \"mine\" #1"));
    Path file = folder.resolve("own.yaml");
    assertThat(Ran.command("init", file, "--data", data).exit()).isZero();
    Ran ran = run(List.of("harden", file, "--out", folder.resolve("run")));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(folder.resolve("run/scorecard.json"));
    assertThat(card.cleanAccuracy().n()).isEqualTo(12);
    assertThat(folder.resolve("run/report.html")).content().contains("kind 0", "kind 2");
  }

  @Test
  void quickstartHardensOnTheFilesThatAreNamed(@TempDir Path folder) {
    Path train = folder.resolve("train.safetensors");
    Path test = folder.resolve("test.safetensors");
    Ran.images(FashionMnist.train().first(200), train);
    Ran.images(FashionMnist.test().first(40), test);
    Path out = folder.resolve("quick");
    Ran ran =
        run(List.of("quickstart", "--data", train, "--test", test, "--out", out, "--workers", 1));
    assertThat(ran.exit()).as(ran.err()).isZero();
    for (String model : List.of("standard", "hardened")) {
      JsonNode origin = Json.read(out.resolve(model).resolve("experiment.json"));
      assertThat(origin.at("/configuration/data/train").asText()).isEqualTo(train.toString());
      assertThat(origin.at("/configuration/data/test").asText()).isEqualTo(test.toString());
      assertThat(Scorecard.read(out.resolve(model).resolve("scorecard.json")).cleanAccuracy().n())
          .isEqualTo(12);
    }
    assertThat(out.resolve("report.html")).content().contains("standard", "hardened");
  }

  /** A test table without a value above 1 is read as the one that was trained on, shape too. */
  @Test
  void tablesAreReadAsTheOneThatWasTrainedOn(@TempDir Path folder) throws IOException {
    StringBuilder train = new StringBuilder();
    StringBuilder dark = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      train.append("%d,%d,%d,0\n".formatted(i % 2, 200 * (i % 2) + i, 7 * i % 256));
      dark.append("%d,%d,%d,0\n".formatted(i % 2, i % 2, i / 2 % 2));
    }
    Path rows = Files.writeString(folder.resolve("train.csv"), train);
    Path test = Files.writeString(folder.resolve("test.csv"), dark);
    Path file =
        Files.writeString(
            folder.resolve("table.yaml"),
            """
            data: {train: {path: %s, shape: [3, 1, 1]}, test: %s}
            model: {architecture: {name: mlp, hidden: 4}}
            threat: {perturbation: linf, epsilon: 0.1}
            train: {objective: pgd-at}
            """
                .formatted(rows, test));
    Ran ran = run(List.of("harden", file, "--out", folder.resolve("run")));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard own = Scorecard.read(folder.resolve("run/scorecard.json"));
    assertThat(judged(folder, test.toString())).isEqualTo(hash(own));
    assertThat(judged(folder, test + "[scale=byte]")).isEqualTo(hash(own));
    assertThat(judged(folder, test + "[scale=unit]")).isNotEqualTo(hash(own));
  }

  /** Content of what an evaluation of the trained model was of. */
  private static String judged(Path folder, String data) {
    Path out = folder.resolve("judged");
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            folder.resolve("run/model.holdfast"),
            "--data",
            data,
            "--attack",
            "fgsm",
            "--examples",
            12,
            "--out",
            out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    return hash(Scorecard.read(out.resolve("scorecard.json")));
  }

  private static String hash(Scorecard card) {
    return String.valueOf(card.provenance().dataHashes().get(Provenance.EVALUATION));
  }

  @Test
  void aTestSetAloneIsRefused(@TempDir Path folder) {
    for (String command : List.of("init", "quickstart")) {
      Ran ran = Ran.command(command, "--test", folder.resolve("test.npz"));
      assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err())
          .isEqualToIgnoringNewLines(
              "--test: expected --data with the training samples, found nothing");
    }
  }

  /** One file for both would test on what was trained on. */
  @Test
  void aFileOfOneSetIsNoTrainingAndTestData(@TempDir Path folder) throws IOException {
    SampleImages images = SampleImages.random(30, 1, 28, 28, new Seed(1));
    Path csv = Files.write(folder.resolve("all.csv"), images.csv());
    Path npy = Files.write(folder.resolve("images.npy"), images.npyImages());
    Files.write(folder.resolve("labels.npy"), images.npyLabels());
    Path idx = Files.write(folder.resolve("images.idx"), images.idxImages());
    Files.write(folder.resolve("labels.idx"), images.idxLabels());
    for (Path file : List.of(csv, npy, idx)) {
      Ran ran = run(List.of("quickstart", "--data", file, "--out", folder.resolve("quick")));
      assertThat(ran.exit()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err())
          .contains(
              "--data: data.train: expected a folder, an archive or a file that holds several")
          .contains("asked for train at " + file, "asked for test at " + file);
    }
    Path npz = Files.write(folder.resolve("all.npz"), images.npz());
    assertThat(run(List.of("quickstart", "--data", npz, "--out", folder.resolve("quick"))).err())
        .contains("data.train: expected an array named one of images_train, train_images");
    assertThat(folder.resolve("quick")).doesNotExist();
  }
}
