package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.ExperimentData;
import io.holdfast.experiment.Harden;
import io.holdfast.testkit.data.SampleImages;
import io.holdfast.testkit.library.SampleLibrary;
import io.holdfast.train.objective.Objective;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library's front door, as the examples use it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LibraryTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path PROGRAM = ROOT.resolve("examples/FirstProgram.java");
  private static final Set<String> RAN = new HashSet<>();
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  /** The same program on fewer images, with less training. */
  @Test
  void theFirstProgramCompilesAndRuns(@TempDir Path folder) throws Exception {
    String small =
        Files.readString(PROGRAM)
            .replace("FashionMnist.train()", "FashionMnist.train().first(400)")
            .replace("first(1000)", "first(16)")
            .replace("epochs(4)", "epochs(1)")
            .replace("Pgd.steps(7)", "Pgd.steps(1)")
            .replace("Pgd.steps(50)", "Pgd.steps(2)")
            .replace("Path.of(\"", "Path.of(\"" + folder + "/");
    Path source = Files.writeString(folder.resolve("FirstProgram.java"), small);
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                folder.toString(),
                source.toString());
    assertThat(failed).as("javac").isZero();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method main = loader.loadClass("FirstProgram").getMethod("main", String[].class);
      main.invoke(null, (Object) new String[0]);
    }
    assertThat(folder.resolve("model.holdfast")).exists();
    assertThat(folder.resolve("report.html")).content().contains("<html");
  }

  /** The program in the README is the one that was run, line by line. */
  @Test
  void theReadmeShowsTheFirstProgram() throws IOException {
    Path readme = ROOT.resolve("README.md");
    Matcher block = JAVA_BLOCK.matcher(Files.readString(readme));
    assertThat(block.find()).as("a program in README.md").isTrue();
    List<String> program = Files.readString(PROGRAM).lines().map(String::strip).toList();
    assertThat(block.group(1).lines().map(String::strip)).isSubsetOf(program);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fashion-linf", "fashion-trades", "certified", "hybrid", "union"})
  void theEmbeddedExamplesRun(String name, @TempDir Path folder) {
    runsSmall(name, folder, "model.architecture=mlp[hidden=8]", "train.batch=1024");
  }

  /** As its comment says. */
  @Test
  void theGovernedExampleIsReplayed(@TempDir Path folder) {
    String[] small = {"model.architecture=mlp[hidden=8]", "train.batch=1024"};
    Path first = folder.resolve("first");
    runsSmall("governed", first, small);
    String journal = "governor.replay=" + first.resolve("run/journal.jsonl");
    Path again = folder.resolve("again");
    runsSmall("governed", again, small[0], small[1], "governor.deadline=null", journal);
    try (Bundle one = Bundle.read(first.resolve("run/model.holdfast"));
        Bundle other = Bundle.read(again.resolve("run/model.holdfast"))) {
      assertThat(other.network().hash()).isEqualTo(one.network().hash());
    }
  }

  @Test
  void theFastExampleRunsWatched(@TempDir Path folder) throws IOException {
    runsSmall(
        "fast",
        folder,
        "model.architecture=mlp[hidden=8]",
        "train.batch=1024",
        "train.attack=n-fgsm",
        "train.catastrophic_overfitting.every=4");
    assertThat(folder.resolve("run/metrics.jsonl")).content().contains("\"event\":\"probe\"");
  }

  @Test
  void weakClassesOfALedgerAreDrawn(@TempDir Path folder) throws IOException {
    String[] small = {"model.architecture=mlp[hidden=8]", "train.batch=1024"};
    Path first = folder.resolve("first");
    runsSmall("fashion-linf", first, small);
    Path weak = folder.resolve("weak");
    Ran judged =
        Ran.command(
            "evaluate",
            "--model",
            first.resolve("run/model.holdfast"),
            "--data",
            "embedded:fashion-mnist/train",
            "--examples",
            64,
            "--threat",
            "linf:0.1",
            "--attack",
            "fgsm",
            "--out",
            weak);
    assertThat(judged.exit()).as(judged.err()).isZero();
    runsSmall("selective", folder, small[0], small[1], "train.samples.ledger=" + weak);
    assertThat(folder.resolve("run/metrics.jsonl")).content().contains("\"curriculum\":");
    String model = "train.samples.model=" + first.resolve("run/model.holdfast");
    String ledger = "train.samples.ledger=" + weak;
    Path regions = folder.resolve("regions");
    runsSmall("selective", regions, small[0], small[1], ledger, model, "train.samples.regions=2");
  }

  @Test
  void aFinishedModelIsAdapted(@TempDir Path folder) {
    String[] small = {"model.architecture=mlp[hidden=8]", "train.batch=1024"};
    Path natural = folder.resolve("natural");
    runsSmall("fashion-linf", natural, small[0], small[1], "train.objective=standard");
    String start = "model.start=" + natural.resolve("run/model.holdfast");
    runsSmall("adapted", folder, small[0], small[1], start, "train.layers.trained=1");
  }

  @Test
  void aTeacherLabelsMoreImages(@TempDir Path folder) throws IOException {
    String[] small = {"model.architecture=mlp[hidden=8]", "train.batch=1024"};
    Path natural = folder.resolve("natural");
    runsSmall("fashion-linf", natural, small[0], small[1], "train.objective=standard");
    Path more = folder.resolve("more.safetensors");
    Ran.images(FashionMnist.test().first(64), more);
    String teacher = "data.extra.teacher=" + natural.resolve("run/model.holdfast");
    runsSmall("extended", folder, small[0], small[1], teacher, "data.extra.path=" + more);
  }

  @Test
  void theCifarExampleRunsOnZipsOfImages(@TempDir Path folder) throws IOException {
    List<String> settings =
        new ArrayList<>(List.of("model.architecture=preact-resnet-18[width=16]"));
    for (String split : List.of("train", "test")) {
      Path zip = folder.resolve(split + ".zip");
      int count = split.equals("train") ? 60 : 12;
      Files.write(zip, SampleImages.random(count, 3, 32, 32, new Seed(count)).imageZip("jpg"));
      settings.add("data." + split + "=" + zip);
    }
    runsSmall("cifar10", folder, settings.toArray(String[]::new));
  }

  @Test
  void theExampleOnAllOfFashionMnistRunsOnIdxFiles(@TempDir Path folder) throws IOException {
    List<String> settings = new ArrayList<>(List.of("model.architecture=mlp[hidden=8]"));
    for (String split : List.of("train", "t10k")) {
      SampleImages images = SampleImages.random(48, 1, 28, 28, new Seed(split.length()));
      Path prefix = folder.resolve(split);
      Files.write(Path.of(prefix + "-images-idx3-ubyte"), images.idxImages());
      Files.write(Path.of(prefix + "-labels-idx1-ubyte"), images.idxLabels());
      settings.add("data." + (split.equals("train") ? "train" : "test") + "=" + prefix);
    }
    settings.add("data.validation=0");
    runsSmall("fashion-full", folder, settings.toArray(String[]::new));
  }

  @Test
  void theExampleOnSavedExamplesRunsOnALibrary(@TempDir Path folder) throws IOException {
    Path library = folder.resolve("library");
    SampleLibrary.write(library, FashionMnist.train().first(64), 0.1, new Seed(3));
    runsSmall(
        "library",
        folder,
        "train.library.path=" + library,
        "model.architecture=mlp[hidden=8]",
        "train.batch=1024");
    assertThat(folder.resolve("run/metrics.jsonl")).content().contains("library_accuracy");
  }

  @Test
  void theStudentLearnsFromATeacherThatAnotherExampleMakes(@TempDir Path folder) {
    Path school = folder.resolve("teacher");
    runsSmall("fashion-trades", school, "model.architecture=mlp[hidden=8]", "train.batch=1024");
    runsSmall(
        "distil",
        folder,
        "train.objective.teacher=" + school.resolve("run/model.holdfast"),
        "model.architecture=mlp[hidden=8]",
        "train.batch=1024");
  }

  /** Both of the same architecture as the student, and both in its provenance. */
  @Test
  void twoTeachersThatAnotherExampleMakesAndAnAverage(@TempDir Path folder) throws IOException {
    String[] small = {"model.architecture=mlp[hidden=8]", "train.batch=1024"};
    Path natural = folder.resolve("natural");
    runsSmall("fashion-linf", natural, small[0], small[1], "train.objective=standard");
    Path robust = folder.resolve("robust");
    runsSmall("fashion-linf", robust, small);
    runsSmall(
        "smoothed",
        folder,
        small[0],
        small[1],
        "train.epochs=4", // of which the last three are averaged
        "train.objective.natural=" + natural.resolve("run/model.holdfast"),
        "train.objective.teacher=" + robust.resolve("run/model.holdfast"));
    try (Bundle model = Bundle.read(folder.resolve("run/model.holdfast"));
        Bundle one = Bundle.read(natural.resolve("run/model.holdfast"));
        Bundle other = Bundle.read(robust.resolve("run/model.holdfast"))) {
      assertThat(model.provenance().dataHashes())
          .containsEntry("natural", one.network().hash())
          .containsEntry("teacher", other.network().hash());
      assertThat(Json.compact(model.provenance().configuration()))
          .contains("\"swa\":{\"from\":0.275}");
    }
  }

  @Test
  void trainingInStages(@TempDir Path folder) throws IOException {
    runsSmall(
        "stages",
        folder,
        "model.architecture=mlp[hidden=8]",
        "train.batch=1024",
        "stages[0].epochs=1",
        "stages[1].epochs=1",
        "stages[2].layers.trained=1",
        "stages[3].epochs=1");
    String metrics = Files.readString(folder.resolve("run/metrics.jsonl"));
    for (String stage : List.of("pretrain", "harden", "fine-tune", "certify")) {
      assertThat(metrics).contains("\"stage\":\"" + stage + "\"");
    }
    try (Bundle hardened = Bundle.read(folder.resolve("run/stages/fine-tune/model.holdfast"));
        Bundle last = Bundle.read(folder.resolve("run/stages/certify/model.holdfast"));
        Bundle model = Bundle.read(folder.resolve("run/model.holdfast"))) {
      assertThat(last.network().hash()).isNotEqualTo(hardened.network().hash());
      assertThat(model.network().hash()).isEqualTo(last.network().hash());
    }
  }

  /** Not one that stayed at chance level where it was measured. */
  @Test
  void theExamplesOnBoundsNameObjectivesThatLearnedInTheTable() throws IOException {
    List<String> page = Files.readAllLines(ROOT.resolve("docs/objectives.md"));
    Experiment certified = Experiment.read(ROOT.resolve("examples/certified.yaml"), List.of());
    Experiment stages = Experiment.read(ROOT.resolve("examples/stages.yaml"), List.of());
    Experiment last = stages.trainings().get(3);
    for (Experiment one : List.of(certified, last)) {
      Objective objective = one.training().objective();
      assertThat(objective.bounded()).as(objective.name()).isTrue();
      String row =
          page.stream()
              .filter(line -> line.startsWith("| `" + objective.name() + "` | bounds |"))
              .findFirst()
              .orElseThrow();
      double robust = Double.parseDouble(row.split("\\|", -1)[4].strip().replace("%", ""));
      assertThat(robust).as(row).isGreaterThan(30);
    }
  }

  @Test
  void oneRecipeUnderSeveralSeeds(@TempDir Path folder) {
    runsSmall(
        "seeds", folder, "model.architecture=mlp[hidden=8]", "train.batch=2048", "seeds=[2, 3]");
    assertThat(folder.resolve("run/seeds.json")).content().contains("\"sd\"");
    assertThat(folder.resolve("run/seed-3/model.holdfast")).exists();
  }

  @Test
  void aSearchWithItsFront(@TempDir Path folder) {
    runsSmall(
        "search",
        folder,
        "model.architecture=mlp[hidden=8]",
        "train.batch=4096",
        "search.trials=2",
        "train.epochs=2");
    assertThat(folder.resolve("run/search.json")).content().contains("\"front\"");
  }

  /** By the other tests here, which come first, or by one that needs a server. */
  @Test
  @Order(Integer.MAX_VALUE)
  void everyExampleIsRunByATest() throws IOException {
    assumeThat(RAN).as("this test goes by what the others ran").isNotEmpty();
    Set<String> all = new TreeSet<>(Set.of("tracked")); // TrackingTest
    all.addAll(RAN);
    try (Stream<Path> files = Files.list(ROOT.resolve("examples"))) {
      assertThat(
              files
                  .map(f -> f.getFileName().toString())
                  .filter(f -> f.endsWith(".yaml"))
                  .map(f -> f.replace(".yaml", "")))
          .containsExactlyInAnyOrderElementsOf(all);
    }
  }

  /** One epoch with one inner step and hardly an evaluation, from an example to its report. */
  private static void runsSmall(String example, Path folder, String... settings) {
    Path file = ROOT.resolve("examples/" + example + ".yaml");
    List<Object> args = new ArrayList<>(List.of("harden", file, "--out", folder.resolve("run")));
    List<String> all =
        new ArrayList<>(
            List.of(
                "train.epochs=1",
                "train.validation.examples=8",
                "evaluate.examples=8",
                "evaluate.attacks=[fgsm]",
                "evaluate.curve=0"));
    if (Arrays.stream(settings).noneMatch(setting -> setting.startsWith("train.attack="))) {
      all.add("train.attack.steps=1");
    }
    all.addAll(Arrays.asList(settings));
    all.forEach(setting -> args.addAll(List.of("--set", setting)));
    Ran ran = Ran.command(args.toArray());
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(folder.resolve("run/report.html")).exists();
    RAN.add(example);
  }

  @Test
  void theTestSetIsNotReadFromTheStartOfTrainingToItsEnd(@TempDir Path folder) throws IOException {
    Experiment experiment = Experiment.read(Ran.experiment(folder), List.of());
    ExperimentData data = ExperimentData.open(experiment);
    Path out = folder.resolve("run");
    Guarded guarded = new Guarded(data.test(), out);
    Harden.run(
        experiment,
        new ExperimentData(data.train(), data.validation(), guarded, data.architecture()),
        Harden.Options.into(out));
    assertThat(guarded.reads).isPositive();
    assertThat(out.resolve("scorecard.json")).exists();
  }

  /**
   * Refuses to be read while a model is trained: from when the run's folder is there, before which
   * all images are decoded once and forgotten, until it holds the trained model.
   */
  private static final class Guarded extends ForwardingDataset {
    private final Path out;
    private volatile int reads;

    Guarded(Dataset samples, Path out) {
      super(samples);
      this.out = out;
    }

    private void touch() {
      if (Files.exists(out)) {
        assertThat(out.resolve("model.holdfast"))
            .as("the trained model, before test samples are read")
            .exists();
        reads = 1;
      }
    }

    @Override
    protected int position(int index) {
      touch();
      return index;
    }

    @Override
    public String contentHash(Stopper stopper) {
      touch();
      return super.contentHash(stopper);
    }
  }
}
