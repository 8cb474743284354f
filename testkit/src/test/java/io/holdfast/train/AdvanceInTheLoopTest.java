package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.Notes;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Against which strength a level's mark is measured. */
@ExtendWith(LeakCheck.class)
class AdvanceInTheLoopTest {
  private static final ThreatModel WHOLE = ThreatModel.linf(1).within(0, 1); // nothing withstands

  private static final double REACH = 0.7;

  /** T-shirts and trousers, which are told apart with ease. */
  private static Dataset two(int from, int count) {
    Dataset all = FashionMnist.train();
    return all.subset(
        IntStream.range(0, all.size())
            .filter(i -> all.label(i) < 2)
            .skip(from)
            .limit(count)
            .toArray());
  }

  private static List<JsonNode> lines(Path folder, String event) {
    return MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
        .filter(line -> line.path("event").asText().equals(event))
        .toList();
  }

  /**
   * The model holds at a hundredth of the radius, which at full strength looks like no robustness
   * at all; and falls at half of it, which on clean inputs looks like a mark reached.
   */
  @Test
  void aMarkIsReachedAgainstThePresentStrengthAndNoOther(@TempDir Path folder) {
    new Run()
        .with(r -> r.train = two(0, 192))
        .with(r -> r.validation = two(192, 64))
        .with(r -> r.threat = WHOLE)
        .settings(
            s ->
                s.epochs(5)
                    .cleanShare(Curve.constant(1)) // the radius is the validation's alone
                    .batch(16)
                    .radius(Curve.ramp(0.01, 1, 1))
                    .optimiser(
                        new Optimiser.Config(
                            "sgd", 0.1, 0.5, false, 0.9, 0.999, 0, Schedule.constant()))
                    .methods(Methods.NONE.with(new Advance(REACH, 3, 0))))
        .in(folder)
        .go();
    List<Double> radii =
        lines(folder, "step").stream()
            .map(line -> Math.round(line.path("epsilon").asDouble() * 1000) / 1000.0)
            .toList();
    assertThat(radii.stream().distinct()).containsExactly(0.01, 0.505);
    assertThat(radii.subList(48, 60)).containsOnly(0.505);
    List<JsonNode> epochs = lines(folder, "epoch");
    assertThat(epochs).allMatch(line -> line.path("robust_accuracy").asDouble() < REACH);
    assertThat(epochs.get(3).path("clean_accuracy").asDouble()).isGreaterThan(REACH);
    assertThat(epochs).extracting(line -> line.path("curriculum").asDouble()).endsWith(0.5, 0.5);
  }

  private static Advance read(String section) {
    Problems problems = new Problems("test");
    Advance found = Advance.read(Settings.yaml(section, "test").reader(problems));
    problems.throwIfAny();
    return Objects.requireNonNull(found);
  }

  /** Levels of the epochs of a training whose epochs come to these accuracies. */
  private static List<Integer> levels(Advance advance, double... robust) {
    List<Integer> levels = new ArrayList<>();
    Advance.State state = Advance.State.START;
    for (int epoch = 1; epoch <= robust.length; epoch++) {
      levels.add(state.level());
      state = advance.next(state, robust[epoch - 1], epoch, robust.length);
    }
    return levels;
  }

  /** A mark that is never reached does not keep training from its whole strength. */
  @Test
  void byDefaultTheLastQuarterIsAtFullStrength() {
    Advance advance = read("advance: {}");
    assertThat(levels(advance, 0, 0, 0, 0)).containsExactly(0, 2, 3, 4);
    assertThat(levels(advance, 0, 0, 0, 0, 0, 0, 0, 0)).containsExactly(0, 0, 0, 1, 2, 3, 4, 4);
    assertThat(levels(advance, 0.6, 0.6, 0, 0, 0.6, 0, 0, 0))
        .as("sooner where the mark is reached")
        .containsExactly(0, 1, 2, 2, 2, 3, 4, 4);
    assertThat(levels(read("advance: {longest: 0}"), new double[8])).containsOnly(0);
    assertThat(levels(read("advance: {longest: 2, levels: 3}"), new double[8]))
        .containsExactly(0, 0, 1, 1, 2, 2, 2, 2);
  }

  @Test
  void whoNeverSawTheWholeStrengthIsTold() {
    List<String> notes = new ArrayList<>();
    Run run =
        new Run()
            .with(r -> r.progress = new Notes(notes::add))
            .settings(
                s ->
                    s.epochs(1)
                        .radius(Curve.ramp(0.01, 1, 1))
                        .methods(Methods.NONE.with(new Advance(1, 3, 0))));
    run.go();
    String told = "training ended before train.curriculum.advance";
    assertThat(notes).anyMatch(n -> n.startsWith(told));
    notes.clear();
    Methods soon = Methods.NONE.with(new Advance(1, 2, 1));
    run.settings(s -> s.methods(soon)).go();
    assertThat(notes).as("moved on when all was over").anyMatch(n -> n.startsWith(told));
    notes.clear();
    run.settings(s -> s.methods(soon).epochs(2)).go();
    assertThat(notes).noneMatch(n -> n.startsWith(told));
  }
}
