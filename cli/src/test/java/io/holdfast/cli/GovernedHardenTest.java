package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Journal;
import io.holdfast.record.Scorecard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  @Tag("slow")
  @Test
  void halfOfTheTimeIsKeptToAndTheJournalSaysHow() throws Exception {
    Path control = folder.resolve("control");
    assertThat(Ran.command(harden(control, 60)).exit()).isZero();
    double took = Governed.secondsOfSteps(control);
    double deadline = took / SHARE_OF_CONTROL;
    assertThat(control.resolve(Journal.FILE)).doesNotExist();
    Path out = folder.resolve("half");
    Ran ran = Ran.command(harden(out, 60, "--set", Governed.deadline(deadline)));
    assertThat(ran.exit()).as(ran.err()).isZero();
    Governed.assertKept(out, deadline);
    Path repeated = folder.resolve("second-control");
    assertThat(Ran.command(harden(repeated, 60)).exit()).isZero();
    assertThat(Governed.secondsOfSteps(repeated))
        .as("another run without a governor misses it")
        .isGreaterThan(1.05 * deadline);

    Path kept = Files.copy(out.resolve(Journal.FILE), folder.resolve("kept.jsonl"));
    Path again = folder.resolve("again");
    assertThat(Ran.command(harden(again, 60, "--set", "governor.replay=" + kept)).exit()).isZero();
    try (Bundle first = Bundle.read(out.resolve("model.holdfast"));
        Bundle second = Bundle.read(again.resolve("model.holdfast"))) {
      assertThat(second.network().hash()).isEqualTo(first.network().hash());
    }
  }

  @Test
  void aDeadlineForTheWholeRunLeavesTheEvaluationIncompleteAndSaysSo() throws Exception {
    Path out = folder.resolve("run");
    long begin = System.nanoTime();
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
    // With what stands before the first step and behind the last sample; hours without a deadline.
    assertThat((System.nanoTime() - begin) / 1e9).isLessThan(120);
    Decision end = Governed.summary(out);
    assertThat(Governed.measured(end, "seconds")).isLessThan(1.5);
    Scorecard card = Scorecard.read(out.resolve("scorecard.json"));
    assertThat(card.incomplete()).isNotEmpty();
    assertThat(Journal.read(out.resolve(Journal.FILE)))
        .anySatisfy(d -> assertThat(d.what()).isEqualTo(What.EVALUATION));
  }

  /** Half of it is kept for the evaluation, and the stages share the other half. */
  @Test
  void aDeadlineForTheWholeRunIsThatOfAllStagesToo() throws Exception {
    Path out = folder.resolve("run-in-stages");
    Ran ran =
        Ran.command(
            harden(
                out,
                2000,
                "--set",
                "stages=[{name: first, objective: standard}, {name: second}]",
                "--set",
                "governor={deadline: 2s, covers: run}",
                "--set",
                "evaluate={attacks: [fgsm, \"pgd[steps=100000]\"], examples: 32, curve: 0}"));
    assertThat(ran.exit()).as(ran.err()).isZero();
    List<Decision> ends =
        Journal.read(out.resolve(Journal.FILE)).stream()
            .filter(d -> d.what() == What.SUMMARY)
            .toList();
    assertThat(ends)
        .extracting(Decision::phase)
        .containsExactly("training/first", "training/second");
    assertThat(ends.stream().mapToDouble(d -> Governed.measured(d, "seconds")).sum())
        .isLessThan(1.5);
    assertThat(Scorecard.read(out.resolve("scorecard.json")).incomplete()).isNotEmpty();
    Governed.assertValid(out);
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
            d -> assertThat(d.words()).isEqualTo("shards at once 2 -> 1: 1 core may be used"));
    evaluate[evaluate.length - 1] = "cores=0,watts=3";
    Ran bad = Ran.command(evaluate);
    assertThat(bad.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(bad.err()).contains("cores").contains("watts");
  }
}
