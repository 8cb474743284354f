package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.library.Difficulty;
import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.EntryFilter;
import io.holdfast.attack.library.LeftOut;
import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.attack.library.Permitted;
import io.holdfast.attack.library.RankedExamples;
import io.holdfast.attack.library.SampleSource;
import io.holdfast.attack.library.SavedExample;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Records;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.Flip;
import io.holdfast.data.image.PadCrop;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Hardening;
import io.holdfast.experiment.Pipeline;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.library.SampleLibrary;
import io.holdfast.train.Run.Outcome;
import io.holdfast.train.objective.ForwardingObjective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import io.holdfast.train.objective.certified.Ibp;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Training on saved examples beside those made on the fly. */
@ExtendWith(LeakCheck.class)
class LibraryTrainingTest {
  private static final int STEPS = 6;

  private final Path folder;
  private final Path library;

  LibraryTrainingTest(@TempDir Path folder) {
    this.folder = folder;
    this.library = folder.resolve("library");
    SampleLibrary.write(library, FashionMnist.test().first(40), 0.1, new Seed(3));
  }

  private LibraryFeed feed(double ratio) {
    return LibraryMix.of(library, ratio).open(Run.THREAT, SampleLibrary.TODAY);
  }

  private static Run run(@Nullable LibraryFeed feed) {
    return new Run().with(r -> r.library = feed);
  }

  /** All that has state, with a ratio and a band of difficulty that change with progress. */
  private Run rich() {
    LibraryMix mix =
        new LibraryMix(
            library.toString(),
            Curve.ramp(0.1, 0.6, 1),
            Set.of(),
            Permitted.ALL,
            Difficulty.CONFIDENCE,
            Curve.ramp(0, 0.5, 1),
            Curve.constant(0.9),
            false);
    return run(mix.open(Run.THREAT, SampleLibrary.TODAY))
        .with(r -> r.graph = Run.NORMED)
        .with(r -> r.augmentation = Augmentation.of(new PadCrop(2), new Flip(0.5)))
        .settings(s -> s.averaging(0.9).cleanShare(Curve.ramp(0, 0.5, 1)));
  }

  @Test
  void savedExamplesChangeTheWeights() {
    String without = run(null).go().weights();
    String some = run(feed(0.25)).go().weights();
    String more = run(feed(0.75)).go().weights();
    assertThat(Set.of(without, some, more)).hasSize(3);
    assertThat(run(feed(0.25)).go().weights()).as("the same again").isEqualTo(some);
    assertThat(run(feed(1e-9)).go().weights()).as("next to none").isEqualTo(without);
  }

  @Test
  void everyObjectiveTakesThem() {
    for (Consumer<TrainSettingsBuilder> objective :
        List.<Consumer<TrainSettingsBuilder>>of(
            s -> s.objective(new Standard()),
            s -> s.objective(Trades.beta(6)),
            s -> s.objective(Ibp.SPEC.usual()))) {
      String without = run(null).settings(objective).go().weights();
      assertThat(run(feed(0.5)).settings(objective).go().weights()).isNotEqualTo(without);
    }
  }

  /** Remembers 1 of every sample, and takes down what it is told of saved examples. */
  private static final class Remembering extends ForwardingObjective {
    private final Queue<Double> ofSaved = new ConcurrentLinkedQueue<>();
    private final Queue<Double> ofOthers = new ConcurrentLinkedQueue<>();

    Remembering() {
      super(new PgdAt());
    }

    @Override
    public boolean remembers() {
      return true;
    }

    @Override
    public ShardLoss loss(ShardContext shard) {
      boolean[] saved = shard.saved();
      double[] known = shard.remembered();
      for (int i = 0; i < saved.length; i++) {
        (saved[i] ? ofSaved : ofOthers).add(known[i]);
      }
      Arrays.fill(known, 1);
      shard.remember(known);
      return super.loss(shard);
    }
  }

  @Test
  void nothingOfTheSampleInWhosePlaceItStandsIsKnownOfASavedExample() {
    Remembering objective = new Remembering();
    run(feed(0.5)).settings(s -> s.objective(objective).epochs(3)).go();
    assertThat(objective.ofSaved).hasSize(3 * 48).allMatch(v -> v.isNaN());
    assertThat(objective.ofOthers).hasSize(3 * 48).contains(1.0);
  }

  @Test
  void anyNumberOfWorkersGivesTheSameBits() {
    Outcome two = rich().go();
    assertThat(rich().with(r -> r.workers = 1).go()).isEqualTo(two);
    assertThat(rich().with(r -> r.workers = 3).go()).isEqualTo(two);
  }

  @Test
  void aRunThatWasStoppedAnywhereEndsWithTheSameBits() {
    Outcome whole = rich().in(folder.resolve("whole")).go();
    for (int stop = 1; stop < STEPS; stop++) {
      Path place = folder.resolve("stop" + stop);
      Run first = rich().in(place);
      Stopper stopper = Stopper.manual();
      int last = stop;
      first.stopper = stopper;
      first.progress =
          Run.afterEachStep(
              done -> {
                if (done == last) {
                  stopper.request();
                }
              });
      assertThatThrownBy(first::go).isInstanceOf(RunInterruptedException.class);
      Outcome resumed = rich().in(place).resuming().with(r -> r.workers = 1).go();
      assertThat(resumed).as("stopped after step " + stop).isEqualTo(whole);
      assertThat(Run.metrics(place)).isEqualTo(Run.metrics(folder.resolve("whole")));
    }
  }

  /**
   * Killed between checkpoints: the steps since the last one are done again, with the same draws.
   */
  @Test
  void aRunThatWasKilledEndsWithTheSameBits() {
    Outcome whole = rich().in(folder.resolve("whole")).go();
    for (int kill = 1; kill < STEPS; kill++) {
      Path place = folder.resolve("kill" + kill);
      int last = kill;
      Run first = rich().in(place).settings(s -> s.checkpoint(2, 1000));
      first.progress =
          Run.afterEachStep(
              done -> {
                if (done == last) {
                  throw new IllegalStateException("killed");
                }
              });
      assertThatThrownBy(first::go).hasMessage("killed");
      assertThat(rich().in(place).resuming().go()).as("killed after " + kill).isEqualTo(whole);
    }
  }

  @Test
  void aChangedLibraryIsNotResumed() {
    Path place = folder.resolve("run");
    run(feed(0.5)).in(place).go();
    assertThat(run(feed(0.5)).in(place).resuming().go()).isNotNull();
    refused(run(null).in(place), "train.library: expected nothing");
    refused(run(feed(0.25)).in(place), "train.library");
    SampleLibrary.write(library, FashionMnist.test().subset(50), 0.1, new Seed(3));
    refused(run(feed(0.5)).in(place), "data.library: expected");
    LibraryFolder.at(library)
        .mark(
            EntryFilter.ALL.labels(Set.of(3)),
            LibraryFolder.marking(null, SampleLibrary.TODAY.plusDays(1)),
            SampleLibrary.TODAY);
    LibraryFeed tomorrow =
        LibraryMix.of(library, 0.5).open(Run.THREAT, SampleLibrary.TODAY.plusDays(1));
    assertThat(tomorrow.examples().size()).isLessThan(41);
    refused(run(tomorrow).in(place), "data.library: expected");
  }

  /** As a program writes them down, without an experiment file. */
  @Test
  void stagesWithAnotherShareAreAnotherRun() {
    Path place = folder.resolve("stages");
    Dataset some = FashionMnist.train().first(32);
    stages(place, feed(0.5)).fit(some).close();
    stages(place, feed(0.5)).fit(some).close();
    assertThatThrownBy(() -> stages(place, feed(0.25)).fit(some))
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains("train.library.mix: expected \"ratio 0.25 of", "found \"ratio 0.5 of");
  }

  private static Pipeline stages(Path place, LibraryFeed feed) {
    Hardening common =
        Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 3))
            .against(Run.THREAT)
            .library(feed)
            .validation(0)
            .epochs(1)
            .batch(16)
            .workers(1)
            .folder(place)
            .resume(true);
    return Pipeline.of(common)
        .stage("first", h -> h.objective(new Standard()))
        .stage("second", h -> h.objective(new Standard()));
  }

  private static void refused(Run run, String... words) {
    assertThatThrownBy(run.resuming()::go)
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains(words)
        .contains("another run");
  }

  /** The share holds over all steps, each place is as likely, and nothing is drawn twice early. */
  @Test
  void theRatioHoldsAndDrawsAreSpreadOut() {
    LibraryFeed feed = feed(0.3);
    int[] atPlace = new int[32];
    int taken = 0;
    for (int step = 0; step < 500; step++) {
      List<Integer> places = feed.places(step, 0.5, 32, new Seed(7));
      List<Integer> drawn = places.stream().filter(p -> p != LibraryFeed.NONE).toList();
      assertThat(drawn.size()).isBetween(9, 10);
      assertThat(drawn).doesNotHaveDuplicates();
      taken += drawn.size();
      for (int i = 0; i < 32; i++) {
        atPlace[i] += places.get(i) == LibraryFeed.NONE ? 0 : 1;
      }
    }
    assertThat(taken / (500.0 * 32)).isBetween(0.295, 0.305);
    assertThat(Arrays.stream(atPlace).min().orElse(0)).isGreaterThan(110);
    assertThat(feed.places(3, 0.5, 32, new Seed(7)))
        .isEqualTo(feed.places(3, 0.5, 32, new Seed(7)))
        .isNotEqualTo(feed.places(4, 0.5, 32, new Seed(7)));
  }

  /** Confidences of the sample library fall with the position: the easiest are the last. */
  @Test
  void difficultyChoosesTheBand() {
    LibraryMix half =
        LibraryMix.of(library, 1)
            .difficulty(Difficulty.CONFIDENCE, Curve.constant(0.5), Curve.constant(1));
    LibraryFeed feed = half.open(Run.THREAT, SampleLibrary.TODAY);
    Set<Integer> drawn = new TreeSet<>();
    for (int step = 0; step < 50; step++) {
      drawn.addAll(feed.places(step, 0, 32, new Seed(1)));
    }
    assertThat(drawn).containsExactlyElementsOf(IntStream.range(20, 40).boxed().toList());
    String hard = run(feed).go().weights();
    LibraryMix easy = half.difficulty(Difficulty.CONFIDENCE, Curve.constant(0), Curve.constant(.5));
    assertThat(run(easy.open(Run.THREAT, SampleLibrary.TODAY)).go().weights()).isNotEqualTo(hard);
  }

  @Test
  void savedExamplesAreCountedByThemselves() {
    Path place = folder.resolve("counted");
    run(feed(0.5)).in(place).go();
    for (JsonNode line : MetricsLog.read(place.resolve(RunLog.FILE))) {
      String prefix = line.path("event").asText().equals("step") ? "" : "train_";
      assertThat(line.path(prefix + "library_accuracy").asDouble(-1)).isBetween(0.0, 1.0);
      assertThat(line.path(prefix + "robust_accuracy").asDouble(-1)).isBetween(0.0, 1.0);
    }
    Path all = folder.resolve("all");
    run(feed(1)).in(all).go();
    assertThat(MetricsLog.read(all.resolve(RunLog.FILE)))
        .filteredOn(l -> l.path("event").asText().equals("step"))
        .allMatch(l -> !l.has("robust_accuracy") && l.has("library_accuracy"));
  }

  @Test
  void examplesOutsideTheThreatModelAreLeftOutUnlessWanted() {
    SampleLibrary.write(library, FashionMnist.test().subset(60, 61), 0.2, new Seed(5));
    assertThat(feed(0.5).examples().size()).isEqualTo(40);
    assertThat(feed(0.5).examples().outside()).isEqualTo(2);
    LibraryMix m = LibraryMix.of(library, 0.5);
    LibraryMix all = Records.with(m, "outside", true);
    assertThat(all.open(Run.THREAT, SampleLibrary.TODAY).examples().size()).isEqualTo(42);
    LibraryMix pgd = Records.with(m, "attacks", Set.of("pgd"));
    assertThatThrownBy(() -> pgd.open(Run.THREAT, SampleLibrary.TODAY))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected examples of pgd within linf:0.1, found none");
  }

  @Test
  void onlyExamplesOfPermittedConsentAndLicenceAreUsed() {
    List<SavedExample> tagged =
        SampleLibrary.examples(FashionMnist.test().subset(60, 61, 62), 0.1, new Seed(5)).stream()
            .map(e -> of(e, "study-1", "CC0-1.0"))
            .toList();
    LibraryFolder.at(library).add(tagged, SampleLibrary.TODAY);
    assertThat(examples(Set.of(), Set.of()).unfit()).isEmpty();
    assertThat(examples(Set.of(), Set.of()).size()).isEqualTo(43);
    RankedExamples study = examples(Set.of("study-1"), Set.of());
    assertThat(study.size()).isEqualTo(3);
    assertThat(study.unfit()).hasSize(40).allMatch(l -> l.fault() == LeftOut.Fault.TERMS);
    assertThat(study.unfit().get(0).message())
        .endsWith("left out: expected consent study-1, found none");
    assertThat(examples(Set.of("none"), Set.of()).size()).isEqualTo(40);
    assertThat(examples(Set.of("none", "study-1"), Set.of()).size()).isEqualTo(43);
    assertThat(examples(Set.of(), Set.of("CC0-1.0")).size()).isEqualTo(3);
    assertThat(examples(Set.of("study-1"), Set.of("CC0-1.0")).hash()).isEqualTo(study.hash());
    assertThatThrownBy(() -> examples(Set.of("study"), Set.of("CC0-1.0", "MIT")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "expected examples of consent study of licence CC0-1.0 or MIT within linf:0.1, found"
                + " none; 43 are of other terms");
    Path place = folder.resolve("run");
    run(feed(0.5)).in(place).go();
    LibraryMix mix = LibraryMix.of(library, 0.5).permitted(new Permitted(Set.of("none"), Set.of()));
    refused(run(mix.open(Run.THREAT, SampleLibrary.TODAY)).in(place), "data.library: expected");
  }

  private RankedExamples examples(Set<String> consents, Set<String> licences) {
    return LibraryMix.of(library, 0.5)
        .permitted(new Permitted(consents, licences))
        .open(Run.THREAT, SampleLibrary.TODAY)
        .examples();
  }

  private static SavedExample of(SavedExample example, String consent, String licence) {
    SampleSource source = Records.with(example.entry().source(), "consent", consent);
    Entry entry = Records.with(example.entry(), "source", Records.with(source, "licence", licence));
    return new SavedExample(entry, example.content());
  }

  @Test
  void examplesOfAnotherKindAreRefusedBeforeTheFirstStep() {
    Run digits = run(feed(0.5));
    digits.graph = Run.PLAIN;
    digits.train =
        new ForwardingDataset(Run.TRAIN) {
          @Override
          public DatasetInfo info() {
            DatasetInfo whole = super.info();
            return new DatasetInfo("few", whole.shape(), whole.classes().subList(0, 3), "");
          }
        };
    assertThatThrownBy(digits::go)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "train.library: expected labels from 0 to 2, the classes of data.train, found 9");
  }
}
