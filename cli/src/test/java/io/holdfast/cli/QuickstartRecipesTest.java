package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Format;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.common.Table;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.ExperimentData;
import io.holdfast.experiment.Harden;
import io.holdfast.record.Scorecard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The recipes of quickstart against others of about equal cost, judged on a tenth of the embedded
 * training images that none of them trains on; no test image is read. With this many images and one
 * seed, two points are noise: a recipe stays until another is better by more than that.
 */
final class QuickstartRecipesTest {
  private static final double JUDGED = 0.1;
  private static final double NOISE = 0.02;
  private static final Path RESULTS = Path.of("target", "quickstart-recipes");

  /** A recipe by what it changes in that of quickstart. */
  private record Candidate(String name, List<String> changes) {
    static Candidate of(String name, String... changes) {
      return new Candidate(name, List.of(changes));
    }
  }

  private static final List<Candidate> STANDARD =
      List.of(
          Candidate.of("quickstart"),
          Candidate.of("batches of 128", "train.batch=128"),
          Candidate.of(
              "batches of 128, rate 0.1", "train.batch=128", "train.optimiser.learning_rate=0.1"));

  /** Each takes 18 to 20 passes over the network per image, those of the updates included. */
  private static final List<Candidate> HARDENED =
      List.of(
          Candidate.of("quickstart"),
          steps("5 epochs of PGD-3", 5, 3, 0.05),
          steps("6 epochs of PGD-2", 6, 2, 0.075),
          steps("4 epochs of PGD-4", 4, 4, 0.04),
          Candidate.of("batches of 128", "train.batch=128"),
          Candidate.of("TRADES", "train.objective={name: trades, beta: 6}"));

  /** As many steps from the first epoch to the last. */
  private static Candidate steps(String name, int epochs, int steps, double size) {
    return Candidate.of(
        name,
        "train.epochs=" + epochs,
        "train.attack={name: pgd, steps: " + steps + ", step_size: " + size + "}",
        "train.curriculum={epsilon: {from: 0.02, to: 0.1, until: 0.2}}");
  }

  /** Training, validation and, in place of the test images, those judged on. */
  private static ExperimentData data(Experiment experiment, Dataset images) {
    List<Dataset> parts = images.split(new Seed(1).split("recipes"), JUDGED, 1 - JUDGED);
    double share = experiment.validationShare();
    List<Dataset> own = parts.get(1).split(experiment.seed(), share, 1 - share);
    return new ExperimentData(
        own.get(1), own.get(0), parts.get(0), ExperimentData.open(experiment).architecture());
  }

  private static Scorecard run(
      String model, Candidate candidate, List<String> more, Dataset images, Path folder) {
    List<String> changes = new ArrayList<>(candidate.changes());
    changes.addAll(more);
    Experiment experiment = QuickstartCommand.experiment(model, changes);
    Path out = folder.resolve(model + " " + candidate.name());
    Harden.Options options =
        new Harden.Options(out, true, 0, Progress.silent(), Stopper.manual(), "");
    return Harden.run(experiment, data(experiment, images), options).card();
  }

  private static Map<String, Scorecard> compare(
      String model, List<Candidate> candidates, List<String> more, Dataset images, Path folder) {
    Map<String, Scorecard> cards = new LinkedHashMap<>();
    Table table = new Table(model, "clean", "robust", "images");
    for (Candidate candidate : candidates) {
      Scorecard card = run(model, candidate, more, images, folder);
      cards.put(candidate.name(), card);
      table.row(
          candidate.name(),
          Format.percent(card.cleanAccuracy().value()),
          Format.percent(robust(card)),
          Long.toString(card.cleanAccuracy().n()));
    }
    System.out.println(table);
    return cards;
  }

  private static double robust(Scorecard card) {
    return Objects.requireNonNull(card.robustAccuracy()).value();
  }

  private static void requireChosen(
      Map<String, Scorecard> cards, ToDoubleFunction<Scorecard> worth) {
    double best = cards.values().stream().mapToDouble(worth).max().orElseThrow();
    assertThat(worth.applyAsDouble(cards.get("quickstart"))).isGreaterThanOrEqualTo(best - NOISE);
  }

  /** About a quarter of an hour on two cores; what is done already is not done again. */
  @Test
  @Tag("recipes")
  void noOtherRecipeIsBetterOnImagesHeldOutOfTheTrainingSet() {
    List<String> judge =
        List.of("evaluate={attacks: [\"pgd[steps=20,restarts=2]\"], examples: 1200, curve: 0}");
    Dataset images = FashionMnist.train();
    Map<String, Scorecard> standard = compare("standard", STANDARD, judge, images, RESULTS);
    Map<String, Scorecard> hardened = compare("hardened", HARDENED, judge, images, RESULTS);
    requireChosen(standard, card -> card.cleanAccuracy().value());
    requireChosen(hardened, QuickstartRecipesTest::robust);
  }

  @Test
  void noImageIsBothTrainedAndJudgedOn() {
    Experiment experiment = QuickstartCommand.experiment("hardened", List.of());
    ExperimentData data = data(experiment, FashionMnist.train());
    List<Dataset> all = List.of(data.train(), data.validation(), data.test());
    long[] ids =
        all.stream()
            .flatMapToLong(set -> IntStream.range(0, set.size()).mapToLong(set::id))
            .distinct()
            .toArray();
    assertThat(ids).hasSize(FashionMnist.train().size());
    assertThat(data.test().classCounts()).containsOnly(120);
    assertThat(all.stream().mapToInt(Dataset::size)).containsExactly(10260, 540, 1200);
  }

  @Test
  void theComparisonRunsAndDoesNotRepeatWhatIsDone(@TempDir Path folder) {
    List<String> small =
        List.of(
            "model.architecture=mlp[hidden=8]",
            "train.epochs=1",
            "evaluate={attacks: [fgsm], examples: 20, curve: 0}");
    Dataset images = FashionMnist.train().first(300);
    Map<String, Scorecard> first = compare("standard", STANDARD, small, images, folder);
    assertThat(first).hasSize(STANDARD.size());
    assertThat(first.values()).allMatch(card -> card.cleanAccuracy().n() == 20);
    // Times are part of a scorecard: the same ones mean that nothing ran again.
    assertThat(compare("standard", STANDARD, small, images, folder)).isEqualTo(first);
    assertThat(compare("hardened", HARDENED.subList(1, 2), small, images, folder)).hasSize(1);
  }
}
