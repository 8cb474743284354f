package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule;
import io.holdfast.attack.StepSize;
import io.holdfast.common.Settings;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.Flip;
import io.holdfast.data.image.RandomCorruption;
import io.holdfast.train.Advance;
import io.holdfast.train.Generalist;
import io.holdfast.train.InnerSearch;
import io.holdfast.train.LayerChoice;
import io.holdfast.train.Methods;
import io.holdfast.train.OverfittingGuard;
import io.holdfast.train.Pairs;
import io.holdfast.train.Remedy;
import io.holdfast.train.SampleChoice;
import io.holdfast.train.Swa;
import io.holdfast.train.WeightPerturbation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From an experiment file to what training is given: every setting with a value of its own. */
class TrainingFromFilesTest {
  private static final String SHARED =
      """
      data: {train: a, test: b}
      model: {architecture: mlp}
      threat: linf:0.1
      train: {%s}
      """;

  private static Experiment read(String train) {
    Settings settings = Settings.yaml(SHARED.formatted(train), "x.yaml");
    return Experiment.of(settings, "x.yaml", List.of());
  }

  private static InnerSearch search(String attack) {
    return read("attack: " + attack).inner();
  }

  private static Methods methods(String train) {
    return read(train).training().methods();
  }

  private static InnerSearch once(String name, StepSize size, Start start, SearchRule rule) {
    return new InnerSearch(name, 1, size, start, rule);
  }

  @Test
  void noise() {
    assertThat(search("n-fgsm"))
        .isEqualTo(once("n-fgsm", StepSize.relative(1), Start.UNIFORM, new SearchRule.Noisy(2)));
    assertThat(search("{name: n-fgsm, noise: 3, step_size: 0.03}"))
        .isEqualTo(once("n-fgsm", StepSize.absolute(0.03), Start.UNIFORM, new SearchRule.Noisy(3)));
  }

  @Test
  void quantile() {
    assertThat(search("zero-grad"))
        .isEqualTo(
            once("zero-grad", StepSize.relative(2), Start.UNIFORM, new SearchRule.ZeroGrad(0.35)));
    assertThat(search("{name: zero-grad, quantile: 0.6, step_size: 0.15}"))
        .isEqualTo(
            once(
                "zero-grad", StepSize.absolute(0.15), Start.UNIFORM, new SearchRule.ZeroGrad(0.6)));
  }

  @Test
  void points() {
    assertThat(search("multi-grad"))
        .isEqualTo(
            once("multi-grad", StepSize.relative(2), Start.CLEAN, new SearchRule.MultiGrad(3)));
    assertThat(search("{name: multi-grad, points: 5, step_size: 0.12}"))
        .isEqualTo(
            once("multi-grad", StepSize.absolute(0.12), Start.CLEAN, new SearchRule.MultiGrad(5)));
  }

  @Test
  void replays() {
    assertThat(search("free"))
        .isEqualTo(
            new InnerSearch(
                "free", 0, StepSize.relative(1), Start.CLEAN, new SearchRule.Free(8, false)));
    assertThat(search("{name: free, replays: 4, reset: true, step_size: 0.05}"))
        .isEqualTo(
            new InnerSearch(
                "free", 0, StepSize.absolute(0.05), Start.CLEAN, new SearchRule.Free(4, true)));
  }

  @Test
  void grace() {
    assertThat(search("friendly"))
        .isEqualTo(
            new InnerSearch(
                "friendly", 7, StepSize.standard(7), Start.UNIFORM, new SearchRule.Friendly(1)));
    assertThat(search("{name: friendly, grace: 2, steps: 9, step_size: 0.01}"))
        .isEqualTo(
            new InnerSearch(
                "friendly", 9, StepSize.absolute(0.01), Start.UNIFORM, new SearchRule.Friendly(2)));
  }

  /** A search takes the settings of its own alone. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{name: pgd, noise: 3}",
        "{name: n-fgsm, quantile: 0.6}",
        "{name: zero-grad, points: 5}",
        "{name: multi-grad, replays: 4}",
        "{name: free, grace: 2}",
        "{name: friendly, noise: 3}"
      })
  void settingsOfAnotherSearchAreRefused(String attack) {
    assertThatThrownBy(() -> search(attack)).hasMessageContaining("x.yaml:4: train.attack.");
  }

  @Test
  void pairs() {
    assertThat(methods("pairs: mixup").pairs()).isEqualTo(new Pairs(Pairs.Kind.MIXUP, 0.2));
    assertThat(methods("pairs: cutmix").pairs()).isEqualTo(new Pairs(Pairs.Kind.CUTMIX, 1));
    assertThat(methods("pairs: {name: cutmix, alpha: 0.7}").pairs())
        .isEqualTo(new Pairs(Pairs.Kind.CUTMIX, 0.7));
    assertThat(methods("epochs: 2").pairs()).isNull();
  }

  @Test
  void swa() {
    assertThat(methods("swa: {}").swa()).isEqualTo(new Swa(0.75, 0, null, 16));
    assertThat(methods("swa: {from: 0.6, every: 30, learning_rate: 0.2, statistics: 8}").swa())
        .isEqualTo(new Swa(0.6, 30, 0.2, 8));
    assertThat(methods("epochs: 2").swa()).isNull();
  }

  @Test
  void generalist() {
    assertThat(methods("generalist: {}").generalist())
        .isEqualTo(new Generalist(0.4, 2.0 / 3, 0.625, 0, 0.999));
    assertThat(
            methods("generalist: {share: 0.3, from: 0.5, exchange: 0.7, every: 40, decay: 0.99}")
                .generalist())
        .isEqualTo(new Generalist(0.3, 0.5, 0.7, 40, 0.99));
    assertThat(methods("epochs: 2").generalist()).isNull();
  }

  @Test
  void weightPerturbation() {
    assertThat(methods("weight_perturbation: awp").perturbation())
        .isEqualTo(new WeightPerturbation.Awp(0.01, 0));
    assertThat(methods("weight_perturbation: {name: awp, gamma: 0.005, from: 0.1}").perturbation())
        .isEqualTo(new WeightPerturbation.Awp(0.005, 0.1));
    assertThat(methods("weight_perturbation: sam").perturbation())
        .isEqualTo(new WeightPerturbation.Sam(0.05, 0));
    assertThat(methods("weight_perturbation: {name: sam, rho: 0.1, from: 0.2}").perturbation())
        .isEqualTo(new WeightPerturbation.Sam(0.1, 0.2));
    assertThat(methods("weight_perturbation: asam").perturbation())
        .isEqualTo(new WeightPerturbation.Asam(0.5, 0.01, 0));
    assertThat(
            methods("weight_perturbation: {name: asam, rho: 0.8, eta: 0.02, from: 0.3}")
                .perturbation())
        .isEqualTo(new WeightPerturbation.Asam(0.8, 0.02, 0.3));
    assertThat(methods("epochs: 2").perturbation()).isNull();
  }

  @Test
  void catastrophicOverfitting() {
    List<Remedy> usual = List.of(Remedy.MORE_STEPS, Remedy.GRAD_ALIGN);
    assertThat(methods("catastrophic_overfitting: watch").guard())
        .isEqualTo(new OverfittingGuard(100, 128, 10, 0.5, usual));
    assertThat(
            methods(
                    "catastrophic_overfitting: {name: watch, every: 50, examples: 64, steps: 20,"
                        + " share: 0.4, remedies: [n-fgsm, more-steps]}")
                .guard())
        .isEqualTo(
            new OverfittingGuard(50, 64, 20, 0.4, List.of(Remedy.N_FGSM, Remedy.MORE_STEPS)));
    assertThat(methods("epochs: 2").guard()).isNull();
    assertThatThrownBy(() -> methods("catastrophic_overfitting: {name: watch, remedies: []}"))
        .hasMessageContaining("train.catastrophic_overfitting.remedies: expected at least one of");
  }

  @Test
  void samples() {
    assertThat(read("samples: runs/a").samples()).isEqualTo(SampleChoice.of("runs/a", 3, 1));
    assertThat(read("samples: {ledger: runs/b, strength: 10, effort: 2}").samples())
        .isEqualTo(SampleChoice.of("runs/b", 10, 2));
    assertThat(read("samples: {measured: true}").samples())
        .isEqualTo(new SampleChoice(null, true, 3, 1, 0, null));
    assertThat(read("samples: {ledger: runs/b, measured: true, strength: 2}").samples())
        .isEqualTo(new SampleChoice("runs/b", true, 2, 1, 0, null));
    assertThatThrownBy(() -> read("samples: {strength: 2}"))
        .hasMessageContaining(
            "train.samples.ledger: expected an output folder of an evaluation, or `measured:"
                + " true`, found none");
    assertThatThrownBy(() -> read("samples: {ledger: runs/b, measured: true, regions: 2}"))
        .hasMessageContaining("train.samples.measured: expected `regions: 0` beside it");
    assertThat(read("epochs: 2").samples()).isNull();
  }

  @Test
  void layers() {
    assertThat(read("layers: {}").layers()).isEqualTo(new LayerChoice(4, 256, 0));
    assertThat(read("layers: {trained: 2, examples: 100, others: 0.1}").layers())
        .isEqualTo(new LayerChoice(2, 100, 0.1));
    assertThat(read("epochs: 2").layers()).isNull();
  }

  @Test
  void warmStartsGradientAlignmentAndAdvance() {
    Methods methods =
        methods(
            "warm_start: 20, grad_align: 0.3,"
                + " curriculum: {advance: {reach: 0.4, levels: 3, longest: 2}}");
    assertThat(methods.warmStart()).isEqualTo(20);
    assertThat(methods.gradAlign()).isEqualTo(0.3);
    assertThat(methods.advance()).isEqualTo(new Advance(0.4, 3, 2));
    assertThat(methods("epochs: 2")).isEqualTo(Methods.NONE);
  }

  @Test
  void corruptions() {
    assertThat(
            read("augment: [flip, {name: corruption, share: 0.2, severity: 4, types: all}]")
                .augmentation())
        .isEqualTo(
            Augmentation.of(
                new Flip(0.5), new RandomCorruption(0.2, 4, RandomCorruption.Types.ALL)));
  }
}
