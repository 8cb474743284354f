package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
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
