package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.AttackSpec;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.Harden;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Recipes put together at random: each is refused before anything is computed, with a message that
 * names what does not go together, or trains to its end, to the same bits on any number of workers,
 * interrupted or not.
 */
@Tag("slow")
final class RandomRecipesTest {
  private static final int RECIPES = Integer.getInteger("holdfast.recipes", 60);
  private static final int MOST_SIGNS = 30;
  private static final long FIRST = Long.getLong("holdfast.recipes.first", 0);

  private static Path folder;
  private static Path file;
  private static Path teacher;

  @BeforeAll
  static void write(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    Path out = folder.resolve("teacher");
    Ran ran = Ran.command("harden", file, "--out", out, "--set", "train.objective=standard");
    assertThat(ran.exit()).as(ran.err()).isZero();
    teacher = out.resolve("model.holdfast");
  }

  /** Settings that may be changed, each with what it may be, and how often it is. */
  private record Choice(String key, double share, List<String> values) {}

  private static Choice choice(String key, double share, String... values) {
    return new Choice(key, share, List.of(values));
  }

  private static List<Choice> choices() {
    return List.of(
        choice(
            "model",
            0.3,
            "{architecture: 'mlp[hidden=8]'}",
            "{architecture: 'preact-resnet-18[width=2]'}",
            "{architecture: 'small-cnn[dropout=0.2]'}",
            "{architecture: 'mlp[hidden=16]', start: '" + teacher + "'}",
            "{architecture: 'mlp[hidden=16]', start: '" + teacher + "', freeze: [fc1]}"),
        choice(
            "threat",
            0.4,
            "{perturbation: l2, epsilon: 1, domain: [0, 1]}",
            "{perturbation: l1, epsilon: 5, domain: [0, 1]}",
            "{perturbation: l0, epsilon: 20, domain: [0, 1]}",
            "{perturbation: patch, side: 5, domain: [0, 1]}",
            "{perturbation: flow, domain: [0, 1]}",
            "{perturbation: rotation-translation, domain: [0, 1]}",
            "{perturbation: corruption, severity: 2, domain: [0, 1]}",
            "{perturbation: union, domain: [0, 1], members: [{perturbation: linf, epsilon: 0.1},"
                + " {perturbation: l2, epsilon: 1}]}",
            "{perturbation: linf, epsilon: 0.1, domain: [0, 1], goal: least-likely}"),
        choice(
            "train.attack",
            0.6,
            "pgd",
            "{name: pgd, steps: 3}",
            "fgsm",
            "r-fgsm",
            "n-fgsm",
            "zero-grad",
            "multi-grad",
            "{name: free, replays: 3}",
            "{name: free, replays: 2, reset: true}",
            "{name: friendly, steps: 3}"),
        choice("train.warm_start", 0.15, "1", "64"),
        choice("train.grad_align", 0.15, "0.2"),
        choice(
            "train.catastrophic_overfitting",
            0.2,
            "watch",
            "{name: watch, every: 2, examples: 16, steps: 3}",
            "{name: watch, every: 3, examples: 16, steps: 2, share: 0.99}"),
        choice(
            "train.samples",
            0.15,
            "{measured: true}",
            "{measured: true, strength: 10, effort: 3}",
            "'" + folder.resolve("teacher") + "'",
            "{ledger: '" + folder.resolve("teacher") + "', regions: 2, model: '" + teacher + "'}"),
        choice(
            "train.layers", 0.1, "{}", "{trained: 1, examples: 16}", "{trained: 1, others: 0.1}"),
        choice("train.lora", 0.1, "{}", "{rank: 2}"),
        choice(
            "train.mix.clean",
            0.2,
            "0.5",
            "1",
            "{from: 0.5, to: 0}",
            "{stages: [{at: 0, value: 1}, {at: 0.5, value: 0}]}"),
        choice(
            "train.curriculum",
            0.3,
            "{epsilon: {from: 0, to: 0.1}}",
            "{epsilon: {from: 0.02, to: 0.1, until: 0.5}, steps: {from: 1, to: 3}}",
            "{steps: {stages: [{at: 0, value: 0}, {at: 0.5, value: 2}]}}",
            "{side: {from: 14, to: 28}}",
            "{epsilon: {from: 0.02, to: 0.1}, advance: {reach: 0.1}}",
            "{epsilon: {from: 0.02, to: 0.1}, advance: {reach: 0.9, levels: 2, longest: 1}}"),
        choice("train.epochs", 0.4, "1", "3", "5"),
        choice("train.batch", 0.3, "16", "100", "256"),
        choice("train.shard", 0.3, "5", "16", "64"),
        choice("train.batch_norm", 0.15, "synchronised"),
        choice(
            "train.optimiser",
            0.4,
            "sgd",
            "adamw",
            "muon",
            "{name: sgd, learning_rate: 0.1, schedule: constant, nesterov: false}",
            "{name: sgd, learning_rate: 0.1, schedule: piecewise, momentum: 0}",
            "{name: muon, learning_rate: 0.01, schedule: {name: cosine, warm_up: 0.2}}"),
        choice("train.precision", 0.3, "float32", "bfloat16"),
        choice("train.label_smoothing", 0.2, "0.1"),
        choice("train.gradient_clip", 0.15, "1"),
        choice("train.ema", 0.2, "0.9"),
        choice("train.swa", 0.2, "{}", "{from: 0.4, every: 2}", "{from: 0.5, learning_rate: 0.2}"),
        choice("train.generalist", 0.1, "{}", "{every: 2, decay: 0.9}"),
        choice("train.pairs", 0.15, "mixup", "cutmix", "{name: mixup, alpha: 1}"),
        choice("train.weight_perturbation", 0.2, "awp", "sam", "asam", "{name: awp, from: 0.5}"),
        choice("train.early_stopping", 0.15, "{patience: 1}"),
        choice("train.keep", 0.15, "best", "last"),
        choice("train.validation", 0.2, "{examples: 0}", "{examples: 16, steps: 1}"),
        choice(
            "train.augment",
            0.25,
            "[flip]",
            "[{name: pad-crop, padding: 2}, flip]",
            "[{name: cutout, size: 6}]",
            "[{name: corruption, share: 0.5}]",
            "[augmix]",
            "[colour-jitter]"),
        choice(
            "stages",
            0.1,
            "[{name: a, objective: standard, epochs: 1}, {name: b, epochs: 2}]",
            "[{name: a, epochs: 1}, {name: b, objective: ibp, epochs: 2}]"),
        choice("governor", 0.1, "{cores: 1}", "{load: 8}", "{deadline: 10m}"));
  }

  private static <T> T any(List<T> values, RandomGenerator random) {
    return values.get(random.nextInt(values.size()));
  }

  private static Map<String, String> recipe(RandomGenerator random) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("train.objective", objective(any(Objectives.describe(), random)));
    double much = random.nextDouble();
    for (Choice choice : choices()) {
      if (random.nextDouble() < choice.share() * much) {
        settings.put(choice.key(), any(choice.values(), random));
      }
    }
    return settings;
  }

  private static String objective(ObjectiveSpec<?> spec) {
    StringBuilder text = new StringBuilder("{name: " + spec.name());
    spec.parameters().stream()
        .filter(AttackSpec.Parameter::required)
        .forEach(parameter -> text.append(", " + parameter.name() + ": '" + teacher + "'"));
    return text.append('}').toString();
  }

  private static Ran harden(Path out, Map<String, String> settings, Object... more) {
    List<Object> all = new ArrayList<>(List.of("harden", file, "--out", out));
    settings.forEach((key, value) -> all.addAll(List.of("--set", key + "=" + value)));
    all.addAll(List.of(more));
    return Ran.command(all.toArray());
  }

  /**
   * Runs until there were so many signs of progress, or to its end.
   *
   * @return whether it was stopped while it trained
   */
  private static boolean begin(Path out, Map<String, String> settings, int signs) {
    Stopper stopper = Stopper.manual();
    AtomicInteger left = new AtomicInteger(signs);
    Progress counting =
        (title, total, unit) ->
            n -> {
              if (left.decrementAndGet() == 0) {
                stopper.request();
              }
            };
    List<String> overrides =
        settings.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()).toList();
    try {
      Harden.run(
          Experiment.read(file, overrides),
          new Harden.Options(out, false, 1, counting, stopper, ""));
      return false;
    } catch (RunInterruptedException e) {
      return !Files.exists(out.resolve("model.holdfast"));
    }
  }

  @Test
  void eachIsRefusedWithReasonsOrTrainsAlikeInterruptedOrNot() throws IOException {
    int trained = 0;
    int interrupted = 0;
    Map<String, String> wrong = new TreeMap<>();
    for (long i = FIRST; i < FIRST + RECIPES; i++) {
      Map<String, String> settings = recipe(new Seed(i).generator());
      Path out = folder.resolve("run-" + i);
      Ran dry = harden(out, settings, "--dry-run");
      Ran ran = harden(out, settings, "--workers", 1);
      boolean refused = ran.exit() == Exit.BAD_INPUT;
      if (dry.exit() != (refused ? Exit.BAD_INPUT : Exit.DONE)) {
        wrong.put(
            i + " dry " + dry.exit() + " run " + ran.exit(),
            settings + "\n" + dry.err() + ran.err());
      } else if (refused && (out.toFile().exists() || !ran.err().contains(": expected "))) {
        wrong.put(i + " refused", settings + "\n" + ran.err());
      } else if (!refused && ran.exit() != Exit.DONE && !ran.err().contains("diverged")) {
        wrong.put(i + " exit " + ran.exit(), settings + "\n" + ran.err());
      } else if (ran.exit() == Exit.DONE) {
        trained++;
        Path other = folder.resolve("other-" + i);
        int signs = 1 + new Seed(i).split("stop").generator().nextInt(MOST_SIGNS);
        interrupted += begin(other, settings, signs) ? 1 : 0;
        Ran again = harden(other, settings, "--workers", 2, "--resume");
        if (!hash(out).equals(again.exit() == Exit.DONE ? hash(other) : "")) {
          wrong.put(i + " resumed", settings + "\n" + again.err());
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(trained).as("of " + RECIPES).isGreaterThan(RECIPES / 4);
    assertThat(interrupted).as("of " + trained).isGreaterThan(trained / 4);
  }

  private static String hash(Path out) {
    try (Bundle bundle = Bundle.read(out.resolve("model.holdfast"))) {
      return bundle.network().hash();
    }
  }
}
