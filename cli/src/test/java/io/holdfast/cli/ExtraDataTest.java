package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.ExperimentData;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.PseudoLabels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples to train on beside the training samples: {@code data.extra}. */
final class ExtraDataTest {
  private static Path folder;
  private static Path file;
  private static Path teacher;
  private static Path extra;

  @BeforeAll
  static void trainATeacher(@TempDir Path directory) throws Exception {
    folder = directory;
    file = Ran.experiment(folder);
    extra = folder.resolve("extra.safetensors");
    Ran.images(FashionMnist.train().subset(IntStream.range(1000, 1100).toArray()), extra);
    Ran ran = harden("teacher", "train.objective=standard", "train.epochs=6");
    assertThat(ran.exit()).as(ran.err()).isZero();
    teacher = folder.resolve("teacher/model.holdfast");
  }

  private static Ran harden(String out, String... settings) {
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", folder.resolve(out)));
    for (String setting : settings) {
      args.addAll(List.of("--set", setting));
    }
    args.addAll(List.of("--set", "evaluate={attacks: [fgsm], examples: 16, curve: 0}"));
    return Ran.command(args.toArray());
  }

  private static ExperimentData opened(String section) {
    return ExperimentData.open(Experiment.read(file, List.of("data.extra=" + section)));
  }

  @Test
  void extraSamplesStandBehindTheOthersAndNoneIsHeldOut() {
    ExperimentData plain = ExperimentData.open(Experiment.read(file, List.of()));
    ExperimentData more = opened("{path: " + extra + ", weight: 0.25, share: 0.5}");
    Dataset own = plain.train();
    Dataset all = more.train();
    assertThat(all.size()).isEqualTo(own.size() + 100);
    assertThat(Objects.requireNonNull(more.validation()).size())
        .isEqualTo(Objects.requireNonNull(plain.validation()).size());
    Set<Long> ids = new HashSet<>();
    double drawn = 0;
    for (int i = 0; i < all.size(); i++) {
      ids.add(all.id(i));
      boolean isExtra = i >= own.size();
      assertThat(all.weight(i)).isEqualTo(isExtra ? 0.25f : 1);
      drawn += isExtra ? all.draws(i) : 0;
    }
    assertThat(ids).hasSize(all.size());
    assertThat(drawn / all.size()).isBetween(0.499, 0.501);
    assertThat(all.read(own.size() + 7)).isEqualTo(FashionMnist.train().read(1007));
    assertThat(all.contentHash()).isNotEqualTo(own.contentHash());
  }

  @Test
  void aTeacherLabelsWhatHasNoLabels() {
    Dataset samples = Datasets.open(extra.toString());
    List<String> classes = FashionMnist.train().info().classes();
    Dataset labelled = PseudoLabels.by(teacher, samples, classes);
    int right = 0;
    for (int i = 0; i < samples.size(); i++) {
      right += labelled.label(i) == samples.label(i) ? 1 : 0;
      assertThat(labelled.read(i)).isEqualTo(samples.read(i));
    }
    assertThat(right).as("a teacher of a few steps, far above chance").isBetween(35, 99);
    assertThat(labelled.contentHash()).isNotEqualTo(samples.contentHash());
  }

  /** As they come from a crawl or a generator: images alone, in a file or in folders. */
  @Test
  void samplesWithoutLabelsAreTakenWithATeacherAlone() throws IOException {
    Path alone = folder.resolve("alone.safetensors");
    Path deep = Files.createDirectories(folder.resolve("unlabelled/deep"));
    Dataset some = FashionMnist.train().subset(IntStream.range(1000, 1010).toArray());
    images(some, alone);
    for (int i = 0; i < some.size(); i++) {
      Path into = i < 5 ? deep : Objects.requireNonNull(deep.getParent());
      ImageIO.write(picture(some.read(i)), "png", into.resolve(i % 5 + ".png").toFile());
    }
    for (Path path : List.of(alone, folder.resolve("unlabelled"))) {
      Dataset all = opened("{path: " + path + ", teacher: " + teacher + "}").train();
      Dataset own = ExperimentData.open(Experiment.read(file, List.of())).train();
      assertThat(all.size()).as("%s", path).isEqualTo(own.size() + 10);
      Set<Integer> labels = new HashSet<>();
      for (int i = own.size(); i < all.size(); i++) {
        labels.add(all.label(i));
      }
      assertThat(labels).as("%s", path).hasSizeGreaterThan(2);
      assertThatThrownBy(() -> opened("{path: " + path + "}"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("data.extra");
    }
    Path only = Objects.requireNonNull(deep.getParent());
    for (int i = 0; i < 5; i++) {
      Files.delete(only.resolve(i + ".png"));
    }
    assertThatThrownBy(() -> opened("{path: " + only + "}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("only class deep");
  }

  private static void images(Dataset data, Path file) {
    try (Scope scope = Scope.open()) {
      float[] pixels = data.read(IntStream.range(0, data.size()).toArray());
      Tensor values = Tensors.of(pixels, data.size(), 1, 28, 28);
      Safetensors.write(file, Map.of("images", values), Map.of());
    }
  }

  private static BufferedImage picture(float[] pixels) {
    BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
    for (int p = 0; p < pixels.length; p++) {
      image.getRaster().setSample(p % 28, p / 28, 0, Math.round(255 * pixels[p]));
    }
    return image;
  }

  /** More samples of a class that is rare. */
  @Test
  void extraSamplesMayBeOfOneClass() {
    Path bags = folder.resolve("bags.safetensors");
    Dataset train = FashionMnist.train();
    int[] of = IntStream.range(1000, 1100).filter(i -> train.label(i) == 8).toArray();
    Ran.images(train.subset(of), bags);
    Dataset own = ExperimentData.open(Experiment.read(file, List.of())).train();
    Dataset all = opened("{path: " + bags + "}").train();
    assertThat(all.size()).isEqualTo(own.size() + of.length);
    assertThat(all.label(own.size())).isEqualTo(8);
    assertThatThrownBy(() -> Datasets.open(bags.toString()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at least two classes");
  }

  @Test
  void theTeachersClassesAreFoundByName() {
    List<String> names = IntStream.range(0, 10).mapToObj(k -> "garment-" + k).toList();
    Path named = folder.resolve("named.holdfast");
    try (Bundle plain = Bundle.read(teacher)) {
      Bundle.of(plain.network())
          .architecture(plain.architecture())
          .threat(plain.threat())
          .classNames(names)
          .provenance(plain.provenance())
          .build()
          .write(named);
    }
    Dataset samples = Datasets.open(extra.toString());
    List<String> backwards = IntStream.range(0, 10).mapToObj(k -> names.get(9 - k)).toList();
    Dataset same = PseudoLabels.by(named, samples, names);
    Dataset turned = PseudoLabels.by(named, samples, backwards);
    assertThat(turned.info().classes()).isEqualTo(backwards);
    for (int i = 0; i < samples.size(); i++) {
      assertThat(turned.label(i)).isEqualTo(9 - same.label(i));
    }
    List<String> others = IntStream.range(1, 11).mapToObj(k -> "garment-" + k).toList();
    assertThatThrownBy(() -> PseudoLabels.by(named, samples, others))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("named.holdfast")
        .hasMessageContaining("a model of the classes garment-1, ");
  }

  @Test
  void testSamplesAmongThemAreTold() {
    Ran named =
        harden("leak", "data.extra=" + folder.resolve("test.safetensors"), "train.epochs=1");
    assertThat(named.exit()).as(named.err()).isZero();
    assertThat(flags("leak")).contains("data.extra and data.test are the same data");
    Path copy = folder.resolve("copy.safetensors");
    Ran.images(FashionMnist.test().first(64), copy);
    Ran hidden = harden("hidden", "data.extra=" + copy, "data.train=" + copy, "train.epochs=1");
    assertThat(hidden.exit()).as(hidden.err()).isZero();
    assertThat(flags("hidden"))
        .contains("data.extra and data.test are the same data", "data.train and data.test are");
  }

  private static String flags(String run) {
    return Json.read(folder.resolve(run).resolve("scorecard.json")).path("flags").toString();
  }

  /** They are asked for in several parts. */
  @Test
  void eachSampleHasItsOwnLabelHoweverManyThereAre() {
    Dataset samples = FashionMnist.train().subset(IntStream.range(1000, 1600).toArray());
    Dataset labelled = PseudoLabels.by(teacher, samples, samples.info().classes());
    Set<Integer> seen = new HashSet<>();
    try (Bundle model = Bundle.read(teacher);
        Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      for (int i = 0; i < samples.size(); i += 7) {
        Tensor alone = Tensors.of(samples.read(i), 1, 1, 28, 28);
        int label = (int) model.classifier().logits(alone).argmax(1).toLongs()[0];
        assertThat(labelled.label(i)).as("sample " + i).isEqualTo(label);
        seen.add(label);
      }
    }
    assertThat(seen).hasSizeGreaterThan(4);
  }

  @Test
  void aRunTrainsOnThemAndAnotherTeacherMakesAnotherRun() {
    String section = "data.extra={path: " + extra + ", teacher: " + teacher + ", share: 0.4}";
    Ran ran = harden("student", section, "train.objective=trades");
    assertThat(ran.exit()).as(ran.err()).isZero();
    String hash = "/data_hashes/train";
    String with = Json.read(folder.resolve("student/experiment.json")).at(hash).asText();
    String without = Json.read(folder.resolve("teacher/experiment.json")).at(hash).asText();
    assertThat(with).isNotEmpty().isNotEqualTo(without);
  }

  /** Numbers are classes, whatever the training samples call theirs. */
  @Test
  void samplesOfTheFirstClassAloneAreTaken() {
    Path tops = folder.resolve("tops.safetensors");
    Dataset train = FashionMnist.train();
    int[] of = IntStream.range(1000, 1100).filter(i -> train.label(i) == 0).toArray();
    Ran.images(train.subset(of), tops);
    String named = "data.train=embedded:fashion-mnist/test";
    Dataset all =
        ExperimentData.open(
                Experiment.read(
                    file,
                    List.of(named, "data.test=embedded:fashion-mnist/test", "data.extra=" + tops)))
            .train();
    assertThat(all.label(all.size() - 1)).isZero();
  }

  /** Before anything trains, and a stop is heard. */
  @Test
  void labelsAreMadeWhenTheRunBeginsAndNotBefore() {
    Dataset samples = Datasets.open(extra.toString());
    Dataset told = PseudoLabels.by(teacher, samples, samples.info().classes());
    Dataset joined = Datasets.join(samples, told, 1, 0);
    assertThat(joined.hasSeveralClasses()).isTrue();
    assertThat(joined.isPrepared()).as("nobody was asked").isFalse();
    Stopper stopped = Stopper.manual();
    stopped.request();
    assertThatThrownBy(() -> joined.prepare(1, stopped, Progress.silent()))
        .isInstanceOf(RunInterruptedException.class);
    assertThat(joined.isPrepared()).isFalse();
    joined.prepare(1, Stopper.manual(), Progress.silent());
    assertThat(joined.first(10).isPrepared()).isTrue();
    assertThat(joined.label(samples.size())).isEqualTo(told.label(0));
  }

  @Test
  void heldOutSamplesThatAreTrainedOnAreTold() {
    Ran ran =
        harden("again", "data.extra=" + folder.resolve("train.safetensors"), "train.epochs=1");
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(flags("again"))
        .contains("the samples that data.validation holds out are trained on");
  }

  @Test
  void whatDoesNotFitIsToldAtItsKey() {
    Ran missing = harden("missing", "data.extra={path: nowhere.npz, share: 2}");
    assertThat(missing.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(missing.err()).contains("data.extra", "share");
    assertThat(harden("missing", "data.extra=nowhere.npz").err()).contains("data.extra");
    Ran inside = harden("teacher", "data.extra={path: " + extra + ", teacher: " + teacher + "}");
    assertThat(inside.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(inside.err()).contains("data.extra.teacher", "outside the folder");
    Ran broken = harden("broken", "data.extra={path: " + extra + ", teacher: " + file + "}");
    assertThat(broken.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(broken.err()).contains("data.extra", file.toString());
  }
}
