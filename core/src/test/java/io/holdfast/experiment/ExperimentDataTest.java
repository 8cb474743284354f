package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Settings;
import io.holdfast.data.Dataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentDataTest {
  private final Path folder;

  ExperimentDataTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    images("train", "ant", "bee", "cat");
  }

  /** Two images of each class. */
  private void images(String set, String... classes) throws IOException {
    for (String name : classes) {
      Path place = Files.createDirectories(folder.resolve(set).resolve(name));
      for (int i = 0; i < 2; i++) {
        BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
        ImageIO.write(image, "png", place.resolve(set + i + ".png").toFile());
      }
    }
  }

  private ExperimentData open() {
    String file =
        """
        data: {train: "%1$s/train", test: "%1$s/test", validation: 0}
        model: {architecture: mlp}
        threat: linf:0.1
        """
            .formatted(folder);
    Settings settings = Settings.yaml(file, "x.yaml");
    return ExperimentData.open(Experiment.of(settings, "x.yaml", List.of()));
  }

  private static List<String> classesOfSamples(Dataset data) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      names.add(data.info().classes().get(data.label(i)) + " " + data.label(i));
    }
    names.sort(null);
    return names;
  }

  @Test
  void testSamplesAreNumberedAsTheTrainingSamples() throws IOException {
    images("test", "ant", "cat");
    ExperimentData data = open();
    assertThat(data.test().info().classes()).containsExactly("ant", "bee", "cat");
    assertThat(classesOfSamples(data.test())).containsExactly("ant 0", "ant 0", "cat 2", "cat 2");
  }

  /** At the key that asks for it, before anything is trained. */
  @Test
  void imagesThatCannotBeCorruptedAreRefused() throws IOException {
    images("test", "ant", "cat");
    String file =
        """
        data:
          train: {path: "%1$s/train", resize: [6, 8]}
          test: {path: "%1$s/test", resize: [6, 8]}
          validation: 0
        model: {architecture: mlp}
        threat: linf:0.1
        train:
          augment: [flip, {name: corruption, severity: 2}]
        """
            .formatted(folder);
    Experiment experiment = Experiment.of(Settings.yaml(file, "x.yaml"), "x.yaml", List.of());
    assertThatThrownBy(() -> ExperimentData.open(experiment))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "x.yaml:8: train.augment: expected images [1 or 3, H, W] of at least 8x8 for"
                + " corruption, found inputs of shape [1, 6, 8]");
  }

  @Test
  void aClassThatIsNotTrainedOnIsRefused() throws IOException {
    images("test", "ant", "cow");
    assertThatThrownBy(this::open)
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "x.yaml:1: data.test: expected the classes of data.train, [ant, bee, cat], found cow");
  }
}
