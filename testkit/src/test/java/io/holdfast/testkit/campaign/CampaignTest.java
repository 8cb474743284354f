package io.holdfast.testkit.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Deadline;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.experiment.Campaign;
import io.holdfast.experiment.CampaignResult;
import io.holdfast.experiment.CampaignRun;
import io.holdfast.experiment.RunLock;
import io.holdfast.testkit.Notes;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CampaignTest {
  private static final List<String> LEDGERS =
      List.of("first/linf-0.05", "first/far", "second/linf-0.05", "second/far");

  private Path shared = Path.of("");
  private Path file = Path.of("");
  private Path whole = Path.of("");
  private CampaignResult expected = new CampaignResult("", List.of());

  @BeforeAll
  void runWhole(@TempDir Path folder) throws IOException {
    shared = folder;
    file = CampaignFolder.write(shared);
    whole = shared.resolve("whole");
    expected = CampaignFolder.run(file, whole, false, Progress.silent()).run();
  }

  private void requireSame(Path out) throws IOException {
    for (String pair : LEDGERS) {
      assertThat(out.resolve(pair).resolve("ledger.parquet"))
          .hasSameBinaryContentAs(whole.resolve(pair).resolve("ledger.parquet"));
    }
    assertThat(out.resolve(CampaignRun.RESULT))
        .hasSameBinaryContentAs(whole.resolve(CampaignRun.RESULT));
  }

  @Test
  void everyPairHasItsLedgerAndItsCell() {
    assertThat(expected.cells()).extracting(CampaignResult.Cell::folder).isEqualTo(LEDGERS);
    assertThat(expected.cells())
        .allSatisfy(
            cell -> {
              assertThat(cell.attacks()).hasSize(3);
              assertThat(cell.cleanAccuracy().n()).isEqualTo(300);
              assertThat(cell.robustAccuracy()).isNotNull();
              assertThat(cell.robustAccuracy().value())
                  .isLessThan(cell.cleanAccuracy().value())
                  .isLessThanOrEqualTo(
                      cell.attacks().values().stream()
                          .mapToDouble(rate -> rate.value())
                          .min()
                          .orElseThrow());
            });
    assertThat(whole.resolve("linf-0.05.html")).content().contains("first").contains("second");
    assertThat(whole.resolve("far.html")).exists();
  }

  @Test
  void killedTwiceItEndsWithTheSameLedgers() throws Exception {
    Path killed = shared.resolve("killed");
    RandomGenerator random = new Seed(11).generator();
    runAndKill(killed, 5 + random.nextInt(5));
    runAndKill(killed, 27 + random.nextInt(10));
    List<String> started = Collections.synchronizedList(new ArrayList<>());
    Progress watching =
        (title, total, unit) -> n -> started.add(title.substring(0, title.indexOf(' ')) + " " + n);
    CampaignFolder.run(file, killed, true, watching).run();
    requireSame(killed);
    assertThat(started)
        .filteredOn(title -> !title.startsWith("checking ")) // the data, before anything
        .as("nothing is computed twice: the first pair was done before the second kill")
        .noneMatch(title -> title.startsWith(LEDGERS.get(0) + " "));
  }

  /** Kills it some time after so many signs of progress, wherever it stands then. */
  private void runAndKill(Path out, int advances) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CampaignProcess.class.getName(),
                file.toString(),
                out.toString())
            .redirectErrorStream(true)
            .start();
    List<String> said = new ArrayList<>();
    try (BufferedReader reader = process.inputReader()) {
      int left = advances;
      for (String line = reader.readLine(); line != null && left > 0; line = reader.readLine()) {
        said.add(line);
        left -= line.startsWith(CampaignProcess.ADVANCE) ? 1 : 0;
      }
      process.destroyForcibly();
      assertThat(left).as(() -> String.join("\n", said)).isZero();
    }
    assertThat(process.waitFor()).isNotZero();
  }

  @Test
  void severalAtOnceGiveTheSameLedgers() throws IOException {
    Path out = shared.resolve("jobs");
    new CampaignRun(
            Campaign.read(file),
            out,
            false,
            2,
            2,
            Deadline.none(),
            Progress.silent(),
            Stopper.manual())
        .run();
    requireSame(out);
  }

  @Test
  void aBudgetIsSharedAndWhatIsMissingIsSaid() throws IOException {
    Path out = shared.resolve("budget");
    CampaignResult cut =
        new CampaignRun(
                Campaign.read(file),
                out,
                false,
                1,
                1,
                Deadline.in(Duration.ofMillis(1)),
                Progress.silent(),
                Stopper.manual())
            .run();
    assertThat(cut.cells()).hasSize(4).allMatch(cell -> !cell.incomplete().isEmpty());
    assertThat(Files.readString(out.resolve(CampaignRun.RESULT))).contains("incomplete");
    CampaignFolder.run(file, out, true, Progress.silent()).run();
    requireSame(out);
  }

  /**
   * Each look at the clock takes a millisecond, so that nobody waits for the time to pass. After
   * the end each pair still looks a few times.
   */
  @ParameterizedTest
  @CsvSource({"1, 3", "2, 3", "8, 3", "2, 1"})
  void noNumberOfJobsTakesMoreThanTheBudgetAndEachPairHasItsShare(int jobs, int pairs)
      throws IOException {
    Path many = shared.resolve("jobs-" + jobs + "-" + pairs + ".yaml");
    Files.writeString(
        many,
        Files.readString(file)
            .replaceFirst("examples: 300", "examples: 30")
            .replaceFirst("models: .*", "models: {first: \"" + shared + "/model-0.holdfast\"}")
            .replaceFirst(
                "threats: .*",
                "threats: "
                    + List.of("\"linf:1e-4\"", "\"linf:1e-5\"", "\"l2:1e-4\"").subList(0, pairs))
            .replaceFirst("attacks: .*", "attacks: [\"pgd[steps=100000]\"]"));
    AtomicLong millis = new AtomicLong();
    Map<String, Long> ends = new ConcurrentHashMap<>();
    Progress watching =
        new Notes(message -> ends.put(message.substring(0, message.indexOf(':')), millis.get()));
    long budget = 600;
    CampaignResult cut =
        new CampaignRun(
                Campaign.read(many),
                shared.resolve("jobs-" + jobs + "-" + pairs),
                false,
                1,
                jobs,
                Deadline.in(Duration.ofMillis(budget), () -> millis.incrementAndGet() * 1_000_000),
                watching,
                Stopper.manual())
            .run();
    assertThat(cut.cells()).hasSize(pairs).allMatch(cell -> !cell.incomplete().isEmpty());
    assertThat(ends).hasSize(pairs);
    assertThat(ends.values()).allMatch(end -> end < budget + 30L * pairs);
    long first = Collections.min(ends.values());
    int rounds = (pairs + jobs - 1) / jobs;
    assertThat(first).isGreaterThanOrEqualTo(budget / rounds - 5);
    if (jobs == 1) { // else another may have moved the clock while this one began
      assertThat(first).isLessThanOrEqualTo(budget / rounds + 30);
    }
  }

  /** What the second pair cannot go on with is told before the first one runs. */
  @Test
  void aLedgerOfAnotherCampaignIsRefusedBeforeAnythingIsWritten() throws IOException {
    Path out = shared.resolve("changed");
    Path few = shared.resolve("few.yaml");
    String text =
        Files.readString(file)
            .replaceFirst("examples: 300", "examples: 20")
            .replaceFirst("models: .*", "models: {first: \"" + shared + "/model-0.holdfast\"}");
    Files.writeString(few, text);
    CampaignFolder.run(few, out, false, Progress.silent()).run();
    Path first = out.resolve("first/linf-0.05/scorecard.json");
    Files.delete(first);
    Files.writeString(few, text.replace("epsilon: 1}", "epsilon: 2}"));
    assertThatThrownBy(() -> CampaignFolder.run(few, out, true, Progress.silent()).run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("first/far: ledger of an earlier run");
    assertThat(first).doesNotExist();
    Files.writeString(few, text);
    CampaignFolder.run(few, out, true, Progress.silent()).run();
    assertThat(first).exists();
  }

  /** What would be in the way only after hours is told first. */
  @Test
  void namesThatTheCampaignNeedsItselfAreRefused() throws IOException {
    Path named = shared.resolve("named.yaml");
    String text = Files.readString(file);
    for (String model : List.of("campaign.json", "far.html", "linf-0.05.html")) {
      Files.writeString(named, text.replace("first:", '"' + model + "\":"));
      assertThatThrownBy(() -> Campaign.read(named))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("a name that no file of the campaign has")
          .hasMessageContaining(model);
    }
    for (String threat : List.of("..", ".hidden")) {
      Files.writeString(named, text.replace("name: far", "name: \"" + threat + '"'));
      assertThatThrownBy(() -> Campaign.read(named))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("names begin with no dot")
          .hasMessageContaining(threat);
    }
  }

  @ParameterizedTest
  @CsvSource({"linf-0.05, far", "far, linf-0.05"})
  void aPairThatFailsLeavesNobodyWritingAndNoOtherBegins(String fails, String goesOn) {
    Path out = shared.resolve("broken-" + fails);
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean failed = new AtomicBoolean();
    List<String> started = Collections.synchronizedList(new ArrayList<>());
    Progress breaking =
        (title, total, unit) -> {
          started.add(title);
          if (title.startsWith("first/" + fails + " fgsm")) {
            await(begun);
            failed.set(true);
            throw new IllegalStateException("broken");
          }
          if (title.startsWith("first/" + goesOn + " fgsm")) {
            begun.countDown();
            lingerAfter(failed);
          }
          return n -> {};
        };
    CampaignRun run =
        new CampaignRun(
            Campaign.read(file), out, false, 2, 2, Deadline.none(), breaking, Stopper.manual());
    assertThatThrownBy(run::run).isInstanceOf(IllegalStateException.class).hasMessage("broken");
    RunLock.requireFree(out.resolve("first/" + goesOn));
    assertThat(out.resolve("first/" + goesOn + "/scorecard.json")).exists();
    assertThat(started).noneMatch(title -> title.startsWith("second/"));
    assertThat(out.resolve("second")).doesNotExist();
  }

  /** All samples are in one chunk, so that what is marked was shown before its end. */
  @Test
  void theTableShowsAnAttackUnderWay() throws IOException {
    Path one = shared.resolve("one-chunk.yaml");
    Files.writeString(
        one,
        Files.readString(file)
            .replaceFirst("examples: 300", "examples: 60")
            .replaceFirst("models: .*", "models: {first: \"" + shared + "/model-0.holdfast\"}")
            .replaceFirst("threats: .*", "threats: [\"linf:0.05\"]"));
    List<String> rows = new ArrayList<>();
    Progress watching =
        new Progress() {
          @Override
          public Task start(String title, long total, String unit) {
            return n -> {};
          }

          @Override
          public void pin(List<String> lines) {
            lines.stream().filter(line -> line.startsWith("pgd")).forEach(rows::add);
          }
        };
    CampaignFolder.run(one, shared.resolve("one-chunk"), false, watching).run();
    assertThat(rows).anyMatch(row -> row.matches("pgd\\S+ +~[0-9.]+%"));
    assertThat(rows.get(rows.size() - 1)).matches("pgd\\S+ +[0-9.]+%");
  }

  private static void await(CountDownLatch begun) {
    try {
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Half a second in which the failure can reach whoever waits, interrupts or not. */
  private static void lingerAfter(AtomicBoolean failed) {
    long end = System.nanoTime() + 60_000_000_000L;
    while (!failed.get() && System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000);
    }
    end = System.nanoTime() + 500_000_000;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void everyProblemIsReportedAtOnce() throws IOException {
    Path bad = shared.resolve("bad.yaml");
    Files.writeString(
        bad,
        """
        data: "embedded:fashion-mnist/test"
        models: {"no/name": x.holdfast}
        threats: ["linf:0.05", "linf:0.05"]
        attacks: [fgsmm]
        jobs: 2
        """);
    assertThatThrownBy(() -> Campaign.read(bad))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a name of letters, digits")
        .hasMessageContaining("threat models with names of their own")
        .hasMessageContaining("did you mean fgsm?")
        .hasMessageContaining("jobs");
    Path unfit = shared.resolve("unfit.yaml");
    Files.writeString(
        unfit,
        Files.readString(file)
            .replace("{name: far, perturbation: l2, epsilon: 1}", "\"l2:inf\"")
            .replace("model-1", "model-9"));
    assertThatThrownBy(
            () -> CampaignFolder.run(unfit, shared.resolve("x"), false, Progress.silent()).run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model-9")
        .hasMessageContaining("a finite epsilon");
    assertThat(shared.resolve("x")).doesNotExist();
  }
}
