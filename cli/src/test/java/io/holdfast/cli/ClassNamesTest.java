package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels of data go to the model's classes by name, whatever numbers a folder gives them. */
final class ClassNamesTest {
  private static final int SIDE = 8;

  /** The grey of the images of each class, in 255ths. */
  private static final int[] GREYS = {40, 120, 210};

  private final Path folder;

  ClassNamesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aFolderWithoutSomeOfTheClassesIsScoredRight() throws IOException {
    Path model = model("ant", "bee", "cat");
    Path data = images(Map.of("bee", 1, "cat", 2));
    Ran ran = evaluate(model, data);
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(folder.resolve("out/scorecard.json"));
    assertThat(card.cleanAccuracy().value()).isEqualTo(1);
    assertThat(card.classes()).extracting("name").containsExactly("bee", "cat");
    Ran attacked = attack(model, data);
    assertThat(attacked.exit()).as(attacked.err()).isZero();
    assertThat(attacked.out()).containsPattern("clean accuracy\\s+100");
  }

  @Test
  void numbersAsNamesAreNamesToo() throws IOException {
    Ran ran = evaluate(model("0", "1", "2"), images(Map.of("1", 1, "2", 2)));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(folder.resolve("out/scorecard.json"));
    assertThat(card.cleanAccuracy().value()).isEqualTo(1);
  }

  /** As of a model that learned from a folder of more than ten, where 10 comes before 2. */
  @Test
  void numbersInAnotherOrderAreFoundByName() throws IOException {
    Ran ran = evaluate(model("1", "2", "0"), images(Map.of("0", 2, "1", 0, "2", 1)));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(folder.resolve("out/scorecard.json"));
    assertThat(card.cleanAccuracy().value()).isEqualTo(1);
  }

  @Test
  void aModelWithoutNamesTakesLabelsAsTheyAre() throws IOException {
    Ran ran = evaluate(model("0", "1", "2"), images(Map.of("ant", 0, "bee", 1)));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Scorecard card = Scorecard.read(folder.resolve("out/scorecard.json"));
    assertThat(card.cleanAccuracy().value()).isEqualTo(1);
  }

  @Test
  void aNameThatTheModelDoesNotKnowIsRefused() throws IOException {
    Path model = model("ant", "bee", "cat");
    Path data = images(Map.of("bees", 1, "cat", 2));
    for (Ran ran : List.of(evaluate(model, data), attack(model, data), campaign(model, data))) {
      assertThat(ran.exit()).as(ran.out()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err())
          .contains(
              "classes: expected names of the model's classes: ant, bee, cat, found bees (did you"
                  + " mean bee?)");
    }
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private Ran evaluate(Path model, Path data) {
    return command("evaluate", model, data, "--attack", "none");
  }

  private Ran attack(Path model, Path data) {
    return command("attack", model, data, "--attack", "fgsm");
  }

  private Ran command(String name, Path model, Path data, Object... more) {
    List<Object> args = new ArrayList<>(List.of(name, "--model", model, "--data", data));
    args.addAll(List.of("--threat", "linf:0.01", "--out", out(name)));
    args.addAll(Arrays.asList(more));
    return Ran.command(args.toArray());
  }

  /** Results of two commands do not share a folder. */
  private Path out(String name) {
    return folder.resolve(name.equals("attack") ? "attacked" : "out");
  }

  private Ran campaign(Path model, Path data) throws IOException {
    Path file = folder.resolve("campaign.yaml");
    Files.writeString(
        file,
        """
        data: "%s"
        models: {one: "%s"}
        threats: ["linf:0.01"]
        attacks: [fgsm]
        """
            .formatted(data, model));
    return Ran.command("campaign", file, "--out", folder.resolve("out"));
  }

  /** Tells greys apart by their distance, under these names for its three classes. */
  private Path model(String... names) {
    GraphBuilder g = Graph.builder("greys");
    g.input("input", new TensorType(DType.FLOAT32, Shape.of(1, SIDE, SIDE)));
    g.add("flatten", new Flatten());
    Graph graph = g.output(g.add("fc", Linear.of(GREYS.length))).build();
    float[] weight = new float[GREYS.length * SIDE * SIDE];
    float[] bias = new float[GREYS.length];
    for (int k = 0; k < GREYS.length; k++) {
      float grey = GREYS[k] / 255f;
      Arrays.fill(weight, k * SIDE * SIDE, (k + 1) * SIDE * SIDE, 2000 * grey / (SIDE * SIDE));
      bias[k] = -1000 * grey * grey;
    }
    Path file = folder.resolve("model.holdfast");
    try (Scope scope = Scope.open();
        Bundle bundle =
            Bundle.of(
                    Network.of(
                        graph,
                        Map.of(
                            "fc.weight",
                            Tensors.of(weight, GREYS.length, SIDE * SIDE),
                            "fc.bias",
                            Tensors.of(bias, GREYS.length)),
                        "greys"))
                .classNames(List.of(names))
                .provenance(
                    Provenance.of(Engine.version(), new Seed(0), Map.of(), Settings.of(Map.of())))
                .build()) {
      bundle.write(file);
    }
    return file;
  }

  /** A folder for each name with images of the grey of a class. */
  private Path images(Map<String, Integer> classes) throws IOException {
    Path home = folder.resolve("images");
    for (Map.Entry<String, Integer> one : classes.entrySet()) {
      Path of = Files.createDirectories(home.resolve(one.getKey()));
      for (int i = 0; i < 6; i++) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        int grey = GREYS[one.getValue()] + i;
        for (int p = 0; p < SIDE * SIDE; p++) {
          image.getRaster().setSample(p % SIDE, p / SIDE, 0, grey);
        }
        ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
      }
    }
    return home;
  }
}
