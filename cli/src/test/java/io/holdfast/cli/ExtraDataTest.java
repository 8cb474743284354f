package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.ExperimentData;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.PseudoLabels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
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
