package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Deadline;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.model.TransferClassifier;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Flow;
import io.holdfast.threat.Goal;
import io.holdfast.threat.ThreatModel;
import io.holdfast.threat.Wasserstein;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attacks that are stopped between any two shards and go on from their file. */
class CheckpointTest {
  private static final int SAMPLES = 20;
  private static final int MANY = 1_000_000;
  private static final Seed SEED = new Seed(5);

  private final Path folder;
  private final List<String> told = new ArrayList<>();
  private int workers = 2;
  private @Nullable Curved clocked;

  CheckpointTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** What a kill would be. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Four classes of images {@code [1, 4, 4]} by one hidden layer; gives way after some passes. */
  private record Curved(AtomicInteger left) implements Classifier {
    Curved(int most) {
      this(new AtomicInteger(most));
    }

    int passes(int most) {
      return most - left.get();
    }

    @Override
    public int classes() {
      return 4;
    }

    @Override
    public long[] inputShape() {
      return new long[] {1, 4, 4};
    }

    @Override
    public Tensor logits(Tensor x) {
      if (left.decrementAndGet() < 0) {
        throw new Killed();
      }
      return scores(x);
    }

    private static Tensor scores(Tensor x) {
      Tensor into = Rng.of(new Seed(3)).normal(16, 12); // [D, H]
      Tensor out = Rng.of(new Seed(4)).normal(12, 4); // [H, K]
      return x.flatten(1, -1).sub(0.5).matmul(into).abs().matmul(out); // [N, K]
    }
  }

  private CheckpointFile file(CheckpointFile.Pace pace) {
    return new CheckpointFile(folder.resolve(CheckpointFile.NAME), "this test", told::add, pace);
  }

  private CheckpointFile file() {
    return file(CheckpointFile.Pace.ALWAYS);
  }

  /** All that an attack says, its images too. */
  private record Outcome(String adversarial, List<AttackResult.Sample> samples) {
    static Outcome of(AttackResult result) {
      return new Outcome(Arrays.toString(result.adversarial().toFloats()), result.samples());
    }

    void requireSame(Outcome other) {
      assertThat(other.samples).isEqualTo(samples);
      assertThat(other.adversarial).isEqualTo(adversarial);
    }
  }

  private Outcome run(
      Attack attack, ThreatModel threat, Classifier model, @Nullable CheckpointFile to) {
    return run(attack, threat, model, to, Deadline.none());
  }

  private Outcome run(
      Attack attack,
      ThreatModel threat,
      Classifier model,
      @Nullable CheckpointFile to,
      Deadline until) {
    try (Scope scope = Scope.open();
        Workers pool = Workers.of(workers)) {
      Tensor x = Rng.of(new Seed(1)).uniform(0.2, 0.8, SAMPLES, 1, 4, 4); // [N, 1, 4, 4]
      int[] labels =
          Arrays.stream(Curved.scores(x).argmax(1).toLongs()).mapToInt(Math::toIntExact).toArray();
      labels[3] = (labels[3] + 1) % 4; // one that is wrong
      AttackDriver plain = new AttackDriver(model, threat, pool).withShard(8).withDeadline(until);
      AttackDriver driver = to == null ? plain : plain.withCheckpoint(to);
      return Outcome.of(
          driver.run(attack, x, labels, LongStream.range(0, SAMPLES).toArray(), SEED));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'pgd[steps=5,restarts=4]', linf:0.02",
    "'pgd[steps=5,targets=all]', l2:0.1",
    "'pgd[steps=5,restarts=2]', linf:0.01+l2:0.05",
    "'autoattack[steps=10,queries=40]', linf:0.03",
    "'autoattack[version=plus,steps=3,queries=8]', l2:0.15",
    "'holdfast[effort=0.1]', l1:0.4",
    "'ddn[steps=10]', l2:inf",
    "'brendel-bethge[steps=10,restarts=3]', linf:inf",
    "'uap[steps=3]', linf:0.05",
    "'apgd-t[steps=6]', 'linf:0.1,class:2'",
    "'pgd[steps=4,restarts=2]', flow",
    "'pgd[steps=4,restarts=2]', wasserstein",
    "'square[queries=30]', linf:0.03"
  })
  void killedAnywhereItEndsTheSame(String text, String threatText) throws IOException {
    Attack attack = Attacks.parse(text);
    ThreatModel threat = threat(threatText);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    for (int at = 4; at < passes; at += Math.max(1, passes / 4)) {
      Files.deleteIfExists(file().path());
      killed(attack, threat, at);
      Curved rest = new Curved(MANY);
      whole.requireSame(run(attack, threat, rest, file()));
      assertThat(rest.passes(MANY))
          .as("passes after %d of %d", at, passes)
          .isLessThanOrEqualTo(passes);
    }
  }

  private static ThreatModel threat(String text) {
    return switch (text) {
      case "flow" -> ThreatModel.of(new Flow(0.3, 2));
      case "wasserstein" -> ThreatModel.of(new Wasserstein(0.02, 3));
      case "linf:0.1,class:2" -> ThreatModel.linf(0.1).wanting(Goal.target(2));
      default -> ThreatModel.parse(text);
    };
  }

  private void killed(Attack attack, ThreatModel threat, int after) {
    assertThatThrownBy(() -> run(attack, threat, new Curved(after), file()))
        .isInstanceOf(Killed.class);
  }

  /** Where nothing but one shard is missing, that one is all that is computed. */
  @Test
  void onlyWhatIsMissingIsComputedAgain() {
    Attack attack = Pgd.steps(50).restarts(3);
    ThreatModel threat = ThreatModel.linf(1e-4);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    killed(attack, threat, passes - 10);
    Curved rest = new Curved(MANY);
    whole.requireSame(run(attack, threat, rest, file()));
    assertThat(rest.passes(MANY)).isLessThan(passes / 3);
  }

  @Test
  void whateverIsLeftOfTheFileItEndsTheSame() throws IOException {
    Attack attack = Pgd.steps(5).restarts(3);
    ThreatModel threat = ThreatModel.linf(0.02);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    killed(attack, threat, counting.passes(MANY) - 3);
    byte[] bytes = Files.readAllBytes(file().path());
    for (int length = 0; length < bytes.length; length += bytes.length / 7) {
      Files.write(file().path(), Arrays.copyOf(bytes, length));
      whole.requireSame(run(attack, threat, new Curved(MANY), file()));
    }
    for (int flip = 2; flip < bytes.length; flip += bytes.length / 7) {
      byte[] damaged = bytes.clone();
      damaged[flip] ^= 0x10;
      Files.write(file().path(), damaged);
      whole.requireSame(run(attack, threat, new Curved(MANY), file()));
    }
  }

  /** As a loss of power may leave it: zeros, or whole records of something else. */
  @Test
  void whatWasNeverWrittenIsPassedOver() throws IOException {
    Attack attack = Pgd.steps(5).restarts(3);
    ThreatModel threat = ThreatModel.linf(0.02);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    killed(attack, threat, counting.passes(MANY) - 3);
    byte[] bytes = Files.readAllBytes(file().path());
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    CheckpointRecords.write(record, out -> out.writeUTF("something else"));
    for (byte[] tail : List.of(new byte[64], record.toByteArray(), new byte[] {0, 0, 0, 1, 83})) {
      ByteArrayOutputStream longer = new ByteArrayOutputStream();
      longer.writeBytes(bytes);
      longer.writeBytes(tail);
      Files.write(file().path(), longer.toByteArray());
      whole.requireSame(run(attack, threat, new Curved(MANY), file()));
      Files.write(file().path(), tail);
      whole.requireSame(run(attack, threat, new Curved(MANY), file()));
    }
  }

  /**
   * Writing is dear by this clock, on which a pass takes ten and each look at it one: yet no round
   * is left out.
   */
  @Test
  void atTheUsualPaceNoRoundIsLeftOut() {
    Attack attack = Pgd.steps(60).restarts(8);
    ThreatModel threat = ThreatModel.linf(1e-4);
    workers = 1;
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    int round = passes / 8; // of three shards
    for (int at = 2 * round - round / 20; at < passes; at += round) {
      CheckpointFile dear = dear(folder.resolve("paced-" + at), 1, 0);
      Curved first = new Curved(at);
      clocked = first;
      assertThatThrownBy(() -> run(attack, threat, first, dear)).isInstanceOf(Killed.class);
      Curved rest = new Curved(MANY);
      clocked = rest;
      whole.requireSame(run(attack, threat, rest, dear));
      assertThat(rest.passes(MANY) - (passes - at)).as("killed after %d", at).isLessThan(round / 2);
    }
  }

  /**
   * Taking note of a round takes some thirtieth of it, more than there is for writing: yet that is
   * not put off for ever.
   */
  @Test
  void beginningsOfRoundsLeaveTimeForWriting() {
    workers = 1;
    CheckpointFile dear = dear(folder.resolve("starved"), 20, 1e-6);
    clocked = new Curved(MANY);
    run(Pgd.steps(60).restarts(12), ThreatModel.linf(1e-4), clocked, dear);
    assertThat(dear.path()).exists();
  }

  private CheckpointFile dear(Path path, int look, double first) {
    AtomicLong looks = new AtomicLong();
    LongSupplier clock =
        () -> {
          Curved model = clocked;
          long passes = model == null ? 0 : 10L * (MANY - model.left.get());
          return passes + looks.addAndGet(look);
        };
    CheckpointFile.Pace pace = new CheckpointFile.Pace(50, first, clock);
    return new CheckpointFile(path, "this test", told::add, pace);
  }

  @Test
  void aDeadlineLeavesWhatRoundsHaveEnded() {
    Attack attack = Pgd.steps(20).restarts(4);
    ThreatModel threat = ThreatModel.linf(1e-4);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    AtomicInteger looks = new AtomicInteger();
    Deadline cut = Deadline.in(Duration.ofNanos(passes * 3L / 4), looks::incrementAndGet);
    Outcome part = run(attack, threat, new Curved(MANY), file(), cut);
    assertThat(part.samples).anyMatch(sample -> !sample.finished());
    Curved rest = new Curved(MANY);
    whole.requireSame(run(attack, threat, rest, file()));
    assertThat(rest.passes(MANY)).isLessThan(passes / 2);
  }

  @Test
  void aFileThatCannotBeWrittenIsToldOnceAndTheAttackGoesOn() {
    Attack attack = Pgd.steps(5).restarts(3);
    ThreatModel threat = ThreatModel.linf(0.02);
    Outcome whole = run(attack, threat, new Curved(MANY), null);
    Path nowhere = folder.resolve("a file");
    assertThatCode(() -> Files.writeString(nowhere, "")).doesNotThrowAnyException();
    CheckpointFile below =
        new CheckpointFile(
            nowhere.resolve("below"), "this test", told::add, CheckpointFile.Pace.ALWAYS);
    whole.requireSame(run(attack, threat, new Curved(MANY), below));
    assertThat(told).hasSize(1).allMatch(line -> line.contains("goes on without"));
  }

  /** A model that draws random numbers answers otherwise the next time. */
  @Test
  void nothingIsKeptOfRandomModels() {
    Curved curved = new Curved(MANY);
    Classifier random =
        new Classifier() {
          @Override
          public int classes() {
            return curved.classes();
          }

          @Override
          public long[] inputShape() {
            return curved.inputShape();
          }

          @Override
          public boolean stochastic() {
            return true;
          }

          @Override
          public Tensor logits(Tensor x) {
            return curved.logits(x);
          }
        };
    ThreatModel threat = ThreatModel.linf(0.02);
    run(Pgd.steps(2).restarts(2), threat, random, file());
    run(Pgd.steps(2).restarts(2), threat, new TransferClassifier(curved, random), file());
    assertThat(file().path()).doesNotExist();
    run(Pgd.steps(2).restarts(2), threat, new TransferClassifier(curved, curved), file());
    assertThat(file().path()).exists();
  }

  @Test
  void aFileOfAnotherAttackThreatOrModelIsPassedOver() {
    Attack attack = Pgd.steps(5).restarts(3);
    ThreatModel threat = ThreatModel.linf(0.02);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    CheckpointFile other =
        new CheckpointFile(file().path(), "another model", told::add, CheckpointFile.Pace.ALWAYS);
    Attack longer = Pgd.steps(6).restarts(3);
    passedOver(whole, passes, () -> run(attack, threat, new Curved(MANY), other));
    passedOver(whole, passes, () -> run(longer, threat, new Curved(MANY), file()));
    passedOver(whole, passes, () -> run(attack, ThreatModel.l2(1), new Curved(MANY), file()));
  }

  private void passedOver(Outcome whole, int passes, Runnable before) {
    before.run();
    Curved afresh = new Curved(MANY);
    whole.requireSame(run(Pgd.steps(5).restarts(3), ThreatModel.linf(0.02), afresh, file()));
    assertThat(afresh.passes(MANY)).isEqualTo(passes);
  }
}
