package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Hardening under budgets by the real clock, against a control without a governor. */
@EnabledOnOs({OS.LINUX, OS.MAC})
final class GovernedHardenTest {
  private static final String PGD = "train.attack={name: pgd, steps: 20, step_size: 0.01}";
  private static final int SHARE_OF_CONTROL = 2;

  private static Path folder;
  private static Path file;

  @BeforeAll
  static void write(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
  }

  private static Object[] harden(Path out, int epochs, String... more) {
    List<Object> all = new ArrayList<>(List.of("harden", file, "--out", out, "--set", PGD));
    all.addAll(List.of("--set", "train.epochs=" + epochs));
    all.addAll(List.of(more));
    return all.toArray();
  }

  private static Decision summary(Path out) {
    return Journal.read(out.resolve(Journal.FILE)).stream()
        .filter(d -> d.what() == What.SUMMARY)
        .findFirst()
        .orElseThrow();
  }

  private static double measured(Decision d, String name) {
    assertThat(d.measured()).containsKey(name);
    return d.measured().getOrDefault(name, Double.NaN);
  }

  private static double secondsOfSteps(Path out) {
    return MetricsLog.read(out.resolve("metrics.jsonl")).stream()
        .filter(line -> line.path("event").asText().equals("step"))
        .mapToDouble((JsonNode line) -> line.path("seconds").asDouble())
        .sum();
  }

  private static void assertKept(Path out, double deadline) throws IOException {
    Decision end = summary(out);
    assertThat(measured(end, "seconds")).isBetween(0.7 * deadline, 1.05 * deadline);
    assertThat(measured(end, "gradients_per_epoch"))
        .isLessThan(measured(end, "gradients_per_epoch_planned"));
    assertThat(end.why()).startsWith("gave up ").doesNotContain("nothing");
    try (Bundle bundle = Bundle.read(out.resolve("model.holdfast"))) {
      assertThat(bundle.scorecard()).isNotNull();
    }
    assertThat(Scorecard.read(out.resolve("scorecard.json")).flags())
        .anyMatch(flag -> flag.startsWith("the governor gave up "));
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("What the governor decided", "attack steps 20 -&gt; ");
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "governor.deadline=%.2fs", value);
  }

  @Tag("slow")
  @Test
  void halfOfTheTimeIsKeptToAndTheJournalSaysHow() throws Exception {
    Path control = folder.resolve("control");
    assertThat(Ran.command(harden(control, 60)).exit()).isZero();
    double took = secondsOfSteps(control);
    double deadline = took / SHARE_OF_CONTROL;
    assertThat(control.resolve(Journal.FILE)).doesNotExist();
    Path out = folder.resolve("half");
    Ran ran = Ran.command(harden(out, 60, "--set", seconds(deadline)));
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertKept(out, deadline);
    assertThat(took).as("the control misses it").isGreaterThan(1.05 * deadline);

    Path kept = Files.copy(out.resolve(Journal.FILE), folder.resolve("kept.jsonl"));
    Path again = folder.resolve("again");
    assertThat(Ran.command(harden(again, 60, "--set", "governor.replay=" + kept)).exit()).isZero();
    try (Bundle first = Bundle.read(out.resolve("model.holdfast"));
        Bundle second = Bundle.read(again.resolve("model.holdfast"))) {
      assertThat(second.network().hash()).isEqualTo(first.network().hash());
    }
  }

  @Tag("slow")
  @Test
  void aStandstillIsMadeUpFor() throws Exception {
    double deadline = 8;
    Path out = folder.resolve("stopped");
    Process process = RealProcess.start(folder, harden(out, 4000, "--set", seconds(deadline)));
    RealProcess.await(process, out.resolve("metrics.jsonl"), "\"step\":20,");
    RealProcess.signal(process, "STOP");
    Thread.sleep(2000);
    RealProcess.signal(process, "CONT");
    assertThat(RealProcess.end(process)).isZero();
    assertKept(out, deadline);
  }

  @Tag("slow")
  @Test
  void aCompetingProcessCostsEffortAndNotTheDeadline() throws Exception {
    double deadline = 8;
    Path out = folder.resolve("competed");
    List<Process> others = new ArrayList<>();
    try {
      for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
        others.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
      }
      Process process =
          RealProcess.start(
              folder, harden(out, 4000, "--set", seconds(deadline), "--set", "governor.load=0.5"));
      assertThat(RealProcess.end(process)).isZero();
    } finally {
      others.forEach(Process::destroyForcibly);
    }
    assertKept(out, deadline);
    if (Runtime.getRuntime().availableProcessors() > 1) {
      assertThat(Journal.read(out.resolve(Journal.FILE)))
          .anySatisfy(
              d -> {
                assertThat(d.what()).isEqualTo(What.WORKERS);
                assertThat(d.to()).isLessThan(d.from());
                assertThat(d.why()).startsWith("other processes use ");
              });
    }
  }

  @Test
  void aDeadlineForTheWholeRunLeavesTheEvaluationIncompleteAndSaysSo() throws Exception {
    Path out = folder.resolve("run");
    Ran ran =
        Ran.command(
            harden(
                out,
                4000,
                "--set",
                "governor={deadline: 2s, covers: run}",
                "--set",
                "evaluate={attacks: [fgsm, \"pgd[steps=100000]\"], examples: 32, curve: 0}"));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Decision end = summary(out);
    assertThat(measured(end, "seconds")).isLessThan(1.3);
    Scorecard card = Scorecard.read(out.resolve("scorecard.json"));
    assertThat(card.incomplete()).isNotEmpty();
    assertThat(Journal.read(out.resolve(Journal.FILE)))
        .anySatisfy(d -> assertThat(d.what()).isEqualTo(What.EVALUATION));
  }

  @Test
  void anEvaluationIsGovernedByAnOption() throws Exception {
    Path model = folder.resolve("trained");
    assertThat(Ran.command("harden", file, "--out", model).exit()).isZero();
    Path out = folder.resolve("evaluated");
    Object[] evaluate = {
      "evaluate",
      "--model",
      model.resolve("model.holdfast"),
      "--data",
      folder.resolve("test.safetensors"),
      "--out",
      out,
      "--workers",
      2,
      "--govern",
      "cores=1"
    };
    Ran ran = Ran.command(evaluate);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(Journal.read(out.resolve(Journal.FILE)))
        .singleElement()
        .satisfies(
            d -> assertThat(d.words()).isEqualTo("shards at once 2 -> 1: 1 cores may be used"));
    evaluate[evaluate.length - 1] = "cores=0,watts=3";
    Ran bad = Ran.command(evaluate);
    assertThat(bad.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(bad.err()).contains("cores").contains("watts");
  }
}
