package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images are decoded when they are read; a broken one must not cost what is in the folder. */
final class BrokenImageTest {
  private static Path images(Path folder) throws IOException {
    return images(folder.resolve("images"), true);
  }

  private static Path images(Path folder, boolean someBroken) throws IOException {
    for (int i = 0; i < 40; i++) {
      Path file = folder.resolve((i % 2 == 0 ? "even" : "odd") + "/" + i + ".png");
      Files.createDirectories(file.getParent());
      BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
      image.getRaster().setSample(i % 28, i % 28, 0, 200);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(image, "png", bytes);
      byte[] whole = bytes.toByteArray();
      boolean broken = someBroken && (i == 7 || i == 20);
      Files.write(file, broken ? Arrays.copyOf(whole, whole.length - 40) : whole);
    }
    return folder;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anEarlierRunIsLeftAloneAndEveryBrokenImageIsNamed(@TempDir Path folder) throws IOException {
    Path images = images(folder);
    Path out = Files.createDirectory(folder.resolve("mine"));
    Files.writeString(out.resolve("experiment.json"), "{\"code_version\": \"0.0.1\"}");
    Files.writeString(out.resolve("report.html"), "mine");
    Files.writeString(out.resolve("metrics.jsonl"), "{}\n");
    Ran ran =
        Ran.command(
            "harden",
            Ran.experiment(folder),
            "--set",
            "data.train=" + images,
            "--set",
            "data.test=" + images,
            "--set",
            "data.validation=0",
            "--out",
            out);
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("7.png").contains("20.png").contains("truncated");
    assertThat(names(out)).containsExactly("experiment.json", "metrics.jsonl", "report.html");
    assertThat(out.resolve("report.html")).hasContent("mine");
  }

  @Test
  void oneOfTheTestSetIsFoundBeforeTraining(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("run");
    Object[] command = {
      "harden",
      Ran.experiment(folder),
      "--set",
      "data.train=" + images(folder.resolve("sound"), false),
      "--set",
      "data.test=" + images(folder),
      "--out",
      out,
      "--resume" // and nothing to resume
    };
    Ran ran = Ran.command(command);
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("7.png").contains("20.png");
    assertThat(out).doesNotExist();
  }

  @Test
  void anAttackLeavesAnEarlierOneAlone(@TempDir Path folder) throws IOException {
    Path run = folder.resolve("run");
    assertThat(Ran.command("harden", Ran.experiment(folder), "--out", run).exit()).isZero();
    Path out = folder.resolve("attacked");
    Object[] first = attack(run, folder.resolve("test.safetensors"), out);
    assertThat(Ran.command(first).exit()).isZero();
    Map<String, String> before = Ran.contents(out);
    Ran ran = Ran.command(attack(run, images(folder), out));
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("7.png").contains("20.png");
    assertThat(Ran.contents(out)).isEqualTo(before);
  }

  private static Object[] attack(Path run, Path data, Path out) {
    Path model = run.resolve("model.holdfast");
    return new Object[] {
      "attack", "--model", model, "--data", data, "--attack", "fgsm", "--out", out
    };
  }

  @Test
  void aCampaignFindsThemBeforeItBegins(@TempDir Path folder) throws IOException {
    Path run = folder.resolve("run");
    assertThat(Ran.command("harden", Ran.experiment(folder), "--out", run).exit()).isZero();
    Path file = folder.resolve("campaign.yaml");
    Files.writeString(
        file,
        "data: '%s'\nmodels: {tiny: '%s'}\nthreats: 'linf:0.1'\nattacks: fgsm\n"
            .formatted(images(folder), run.resolve("model.holdfast")));
    Path out = folder.resolve("out");
    for (String option : List.of("--dry-run", "--json")) {
      Ran ran = Ran.command("campaign", file, "--out", out, option);
      assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).contains("7.png").contains("20.png");
      assertThat(out).doesNotExist();
    }
  }

  @Test
  void evaluateWritesNothing(@TempDir Path folder) throws IOException {
    Path run = folder.resolve("run");
    assertThat(Ran.command("harden", Ran.experiment(folder), "--out", run).exit()).isZero();
    Path out = folder.resolve("judged");
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            run.resolve("model.holdfast"),
            "--data",
            images(folder),
            "--attack",
            "fgsm",
            "--out",
            out);
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("7.png").contains("20.png");
    assertThat(out).doesNotExist();
  }
}
