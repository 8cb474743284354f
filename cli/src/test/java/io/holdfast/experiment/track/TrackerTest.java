package io.holdfast.experiment.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Hashes;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.Settings;
import io.holdfast.experiment.Experiment;
import io.holdfast.experiment.Harden;
import io.holdfast.experiment.TrackSection;
import io.holdfast.experiment.track.Tracker.Pace;
import io.holdfast.record.Scorecard;
import io.holdfast.testkit.Notes;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tracking server is told, and that nothing it does changes a run. */
final class TrackerTest {
  private static final Pace QUICK = new Pace(ms(20), ms(2000), ms(100), ms(9000));
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));

  private static Path done;

  private Path folder = Path.of("");
  private Path run = Path.of("");
  private final List<String> notes = new CopyOnWriteArrayList<>();

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }

  /** A small run in stages that nobody was told of. */
  @BeforeAll
  static void runOnce(@TempDir Path directory) {
    done = directory.resolve("run");
    Harden.run(experiment("http://localhost:1"), Harden.Options.into(done));
  }

  private static Experiment experiment(String server) {
    String text =
        """
        name: told
        data: {train: "embedded:fashion-mnist/test", test: "embedded:fashion-mnist/test", validation: 0.1}
        model: {architecture: "mlp[hidden=4]"}
        threat: {perturbation: linf, epsilon: 0.1}
        train: {attack: {name: pgd, steps: 1}, batch: 900, epochs: 1, validation: {examples: 16, steps: 1}}
        stages: [{name: first, objective: standard, epochs: 2}, {name: second}]
        track: {mlflow: "%s", experiment: "our runs"}
        evaluate: {attacks: [fgsm], examples: 16, curve: 0}
        """
            .formatted(server);
    return Experiment.of(Settings.yaml(text, "told.yaml"), "told.yaml", List.of());
  }

  @BeforeEach
  void copy(@TempDir Path directory) throws IOException {
    folder = directory;
    run = folder.resolve("run");
    try (Stream<Path> files = Files.walk(done)) {
      for (Path path : files.toList()) {
        Files.copy(path, run.resolve(done.relativize(path).toString()));
      }
    }
  }

  private Tracker start(String server, boolean resume) {
    Progress progress = new Notes(notes::add);
    TrackSection section = new TrackSection(URI.create(server), "our runs");
    return Tracker.start(section, "told", run, resume, CLOCK, progress, QUICK);
  }

  private static void await(BooleanSupplier until) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!until.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(5);
    }
  }

  private static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Hashes.sha256Hex(file));
      }
    }
    files.keySet().removeIf(name -> name.startsWith("tracking."));
    return files;
  }

  @Test
  void aRunIsToldWhole() throws Exception {
    try (StubServer server = new StubServer(0)) {
      start(server.address(), true).close();
      assertThat(server.calls)
          .containsSequence(
              "GET /api/2.0/mlflow/experiments/get-by-name?experiment_name=our%20runs",
              "POST /api/2.0/mlflow/experiments/create",
              "POST /api/2.0/mlflow/runs/search",
              "POST /api/2.0/mlflow/runs/create",
              "POST /api/2.0/mlflow/runs/log-batch");
      assertThat(server.metrics())
          .contains("clean_accuracy@1", "robust_accuracy@2", "loss@3")
          .contains("test.clean_accuracy@3", "test.under fgsm@3")
          .doesNotHaveDuplicates();
      long epochs = 0;
      for (JsonNode line : MetricsLog.read(run.resolve("metrics.jsonl"))) {
        if (line.path("event").asText().equals("epoch")) {
          epochs++;
          for (String figure : List.of("loss", "clean_accuracy", "robust_accuracy")) {
            if (line.hasNonNull(figure)) {
              assertThat(server.value(figure, epochs))
                  .as(figure)
                  .isEqualTo(line.path(figure).asDouble());
            }
          }
        }
      }
      assertThat(epochs).isEqualTo(3);
      Scorecard card = Scorecard.read(run.resolve("scorecard.json"));
      assertThat(server.value("test.clean_accuracy", 3)).isEqualTo(card.cleanAccuracy().value());
      assertThat(server.value("test.under fgsm", 3))
          .isEqualTo(Objects.requireNonNull(card.attacks().get("fgsm")).robustAccuracy().value());
      assertThat(server.param("stages.0.objective")).isEqualTo("standard");
      assertThat(server.param("train.attack.steps")).isEqualTo("1");
      assertThat(server.param("track.mlflow")).isEmpty();
      assertThat(server.batches.toString())
          .contains("\"key\":\"holdfast.stages\",\"value\":\"first, second\"")
          .contains("holdfast.data.train", "holdfast.model.sha256", "\"timestamp\":1767225600000");
      assertThat(server.files)
          .containsEntry("model.holdfast", (int) Files.size(run.resolve("model.holdfast")))
          .containsKeys("report.html", "scorecard.json", "metrics.jsonl", "experiment.json");
      JsonNode last = server.updates.get(server.updates.size() - 1);
      assertThat(last.path("status").asText()).isEqualTo("FINISHED");
      assertThat(last.path("end_time").asLong()).isEqualTo(1767225600000L);
      int calls = server.calls.size();
      start(server.address(), true).close();
      assertThat(server.calls).as("nothing is told twice").hasSize(calls);
    }
    assertThat(files(run)).isEqualTo(files(done));
    assertThat(notes).isEmpty();
  }

  /** As by {@code --resume}, where a deadline had cut its evaluation. */
  @Test
  void anEvaluationThatWentOnIsToldAnew() throws Exception {
    try (StubServer server = new StubServer(0)) {
      start(server.address(), true).close();
      Path card = run.resolve("scorecard.json");
      Files.writeString(card, Files.readString(card) + "\n"); // another one
      server.files.clear();
      start(server.address(), true).close();
      assertThat(server.metrics().stream().filter(m -> m.equals("test.under fgsm@3"))).hasSize(2);
      assertThat(server.files).containsKeys("model.holdfast", "report.html", "scorecard.json");
      assertThat(server.runs()).isEqualTo(1);
      int calls = server.calls.size();
      start(server.address(), true).close();
      assertThat(server.calls).hasSize(calls);
    }
  }

  @Test
  void whatAServerThatIsDownDidNotGetIsSentLater() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (Tracker tracker = start("http://localhost:" + port, true)) {
      await(() -> !notes.isEmpty());
      Thread.sleep(300); // it tries again, and says so no more
    }
    assertThat(notes).singleElement().asString().contains("does not answer", "the run goes on");
    assertThat(run.resolve(Tracker.JOURNAL)).content().containsOnlyOnce("unreachable");
    assertThat(files(run)).isEqualTo(files(done));
    try (StubServer server = new StubServer(port)) {
      start("http://localhost:" + port, true).close();
      assertThat(server.metrics()).contains("loss@1", "test.clean_accuracy@3");
      assertThat(server.updates.toString()).contains("FINISHED");
    }
  }

  @Test
  void aServerThatComesBackWhileTheRunGoesOnGetsAll() throws Exception {
    try (StubServer server = new StubServer(0)) {
      server.failure = call -> call.contains("log-batch") && server.batches.size() > 1 ? 500 : 0;
      try (Tracker tracker = start(server.address(), true)) {
        await(() -> !notes.isEmpty());
        server.failure = call -> 0;
        await(() -> server.updates.toString().contains("FINISHED"));
      }
      assertThat(server.metrics()).contains("loss@1", "loss@3").doesNotHaveDuplicates();
      assertThat(server.runs()).isEqualTo(1);
    }
    assertThat(notes).singleElement().asString().contains("answers 500 to /api/2.0/mlflow/runs/");
    assertThat(run.resolve(Tracker.JOURNAL)).content().contains("unreachable", "answers again");
  }

  /** The server had made the run when its answer was lost. */
  @Test
  void aRunWhoseIdWasLostIsFoundAgain() throws Exception {
    try (StubServer server = new StubServer(0)) {
      server.failure = call -> call.contains("runs/create") ? 502 : 0;
      start(server.address(), true).close();
      assertThat(server.runs()).isEqualTo(1);
      server.failure = call -> 0;
      start(server.address(), true).close();
      assertThat(server.runs()).isEqualTo(1);
      assertThat(server.updates.toString()).contains("FINISHED");
    }
  }

  @Test
  void aSlowServerHoldsNothingUp() throws Exception {
    try (StubServer server = new StubServer(0)) {
      server.delay = 60_000;
      long begin = System.nanoTime();
      start(server.address(), true).close();
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    }
    assertThat(notes).singleElement().asString().contains("does not answer", "timed out");
  }

  @Test
  void aRunThatHasNotEndedIsKilledUntilItGoesOn() throws Exception {
    Path card = run.resolve("scorecard.json");
    byte[] bytes = Files.readAllBytes(card);
    Files.delete(card);
    try (StubServer server = new StubServer(0)) {
      start(server.address(), true).close();
      assertThat(server.updates).hasSize(1);
      assertThat(server.updates.get(0).path("status").asText()).isEqualTo("KILLED");
      assertThat(server.metrics()).contains("loss@3").doesNotContain("test.clean_accuracy@3");
      Files.write(card, bytes);
      start(server.address(), true).close();
      assertThat(server.updates.get(1).path("status").asText()).isEqualTo("FINISHED");
      assertThat(server.metrics()).doesNotHaveDuplicates();
      assertThat(server.runs()).isEqualTo(1);
    }
  }

  @Test
  void anEarlierRunThatAFreshOneReplacesIsNotToldOf() throws Exception {
    Files.writeString(run.resolve(TrackingState.FILE), "{broken");
    try (StubServer server = new StubServer(0)) {
      start(server.address(), false).close();
      assertThat(server.calls).isEmpty();
    }
  }

  @Test
  void aServerThatIsNoMlflowIsToldAsSuch() throws Exception {
    try (StubServer server = new StubServer(0)) {
      server.failure = call -> 418;
      start(server.address(), true).close();
    }
    assertThat(notes).singleElement().asString().contains("answers 418");
  }

  /**
   * A program by its path, or by its name in the first folder of a search path that has it; not in
   * the working folder.
   */
  private static Optional<Path> program(String name, String searched) {
    Stream<Path> places =
        name.contains("/") || name.contains(File.separator)
            ? Stream.of(Path.of(name))
            : Stream.of(searched.split(File.pathSeparator, -1))
                .filter(place -> !place.isEmpty())
                .flatMap(place -> Stream.of(Path.of(place, name), Path.of(place, name + ".exe")));
    return places
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .map(Path::toAbsolutePath)
        .findFirst();
  }

  @Test
  void aProgramIsFoundByItsPathOrOnTheSearchPath() throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Files.createDirectory(first.resolve("mlflow")); // no file
    Path second = Files.createDirectory(folder.resolve("second"));
    Path third = Files.createDirectory(folder.resolve("third"));
    Files.createFile(second.resolve("mlflow")); // nothing that runs
    Path program = Files.createFile(third.resolve("mlflow"));
    assumeTrue(program.toFile().setExecutable(true));
    assumeTrue(!Files.isExecutable(second.resolve("mlflow")));
    String searched = String.join(File.pathSeparator, "", first + "", second + "", third + "");
    assertThat(program("mlflow", searched)).contains(program.toAbsolutePath());
    assertThat(program("mlflow", first + File.pathSeparator + second)).isEmpty();
    assertThat(program(program.toString(), "")).contains(program.toAbsolutePath());
    assertThat(program(first.resolve("mlflow").toString(), searched)).as("a folder").isEmpty();
    Path here = Files.createFile(Path.of("mlflow-of-this-test"));
    try {
      assumeTrue(here.toFile().setExecutable(true));
      assertThat(program(here.toString(), searched)).as("in the working folder").isEmpty();
      assertThat(program("./" + here, searched)).as("by its path").isPresent();
    } finally {
      Files.delete(here);
    }
  }

  /**
   * Against a real one: the {@code mlflow} on the PATH, or {@code -Dholdfast.mlflow=/path/to/one}.
   */
  @Tag("peers")
  @Test
  void mlflowItselfHasTheRun() throws Exception {
    String named = System.getProperty("holdfast.mlflow", "mlflow");
    Optional<Path> program = program(named, System.getenv().getOrDefault("PATH", ""));
    assumeTrue(program.isPresent(), "skipped: no program " + named);
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    List<String> command =
        new ArrayList<>(
            List.of("" + program.get(), "server", "--host", "127.0.0.1", "--port", "" + port));
    command.addAll(List.of("--workers", "1"));
    command.addAll(List.of("--backend-store-uri", "sqlite:///" + folder.resolve("mlflow.db")));
    command.addAll(List.of("--artifacts-destination", folder.resolve("artefacts").toString()));
    Process server =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("mlflow.txt").toFile())
            .start();
    try {
      String address = "http://127.0.0.1:" + port;
      await120(() -> answers(address + "/health"));
      Pace patient = new Pace(ms(100), ms(20_000), ms(100), ms(60_000));
      TrackSection section = new TrackSection(URI.create(address), "our runs");
      Tracker.start(section, "told", run, true, CLOCK, Progress.silent(), patient).close();
      JsonNode state = Json.read(run.resolve(TrackingState.FILE));
      String api = address + "/api/2.0/mlflow/";
      JsonNode told = get(api + "runs/get?run_id=" + state.path("run").asText()).path("run");
      assertThat(told.at("/info/status").asText()).isEqualTo("FINISHED");
      assertThat(told.at("/info/run_name").asText()).isEqualTo("told");
      assertThat(told.at("/data/params").toString()).contains("stages.0.objective");
      assertThat(told.at("/data/metrics").toString())
          .contains("test.under fgsm", "robust_accuracy");
      assertThat(
              get(api + "metrics/get-history?metric_key=loss&run_id=" + state.path("run").asText())
                  .path("metrics"))
          .hasSize(3);
      assertThat(get(api + "artifacts/list?run_id=" + state.path("run").asText()).toString())
          .contains("model.holdfast", "report.html");
    } finally {
      server.descendants().forEach(ProcessHandle::destroy);
      server.destroy();
      server.waitFor();
    }
  }

  private static void await120(BooleanSupplier until) throws InterruptedException {
    for (int i = 0; i < 1200 && !until.getAsBoolean(); i++) {
      Thread.sleep(100);
    }
    assertThat(until.getAsBoolean()).isTrue();
  }

  private static boolean answers(String address) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode get(String address) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
    return Json.parse(
        HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body(), address);
  }
}
