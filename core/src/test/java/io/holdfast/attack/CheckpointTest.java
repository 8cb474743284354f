package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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

  private CheckpointFile file() {
    return new CheckpointFile(folder.resolve(CheckpointFile.NAME), "this test", 0);
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

  private static Outcome run(
      Attack attack, ThreatModel threat, Curved model, @Nullable CheckpointFile to) {
    try (Scope scope = Scope.open();
        Workers two = Workers.of(2)) {
      Tensor x = Rng.of(new Seed(1)).uniform(0.2, 0.8, SAMPLES, 1, 4, 4); // [N, 1, 4, 4]
      int[] labels =
          Arrays.stream(Curved.scores(x).argmax(1).toLongs()).mapToInt(Math::toIntExact).toArray();
      labels[3] = (labels[3] + 1) % 4; // one that is wrong
      AttackDriver driver = new AttackDriver(model, threat, two).withShard(8).withCheckpoint(to);
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
    "'autoattack[version=plus,steps=6,queries=20]', l2:0.15",
    "'holdfast[effort=0.1]', l1:0.4",
    "'ddn[steps=10]', l2:inf",
    "'brendel-bethge[steps=10,restarts=3]', linf:inf",
    "'uap[steps=3]', linf:0.05"
  })
  void killedAnywhereItEndsTheSame(String text, String threatText) throws IOException {
    Attack attack = Attacks.parse(text);
    ThreatModel threat = ThreatModel.parse(threatText);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    for (int at = 4; at < passes; at += Math.max(1, passes / 5)) {
      Files.deleteIfExists(file().path());
      killed(attack, threat, at);
      Curved rest = new Curved(MANY);
      whole.requireSame(run(attack, threat, rest, file()));
      assertThat(rest.passes(MANY))
          .as("passes after %d of %d", at, passes)
          .isLessThanOrEqualTo(passes);
    }
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

  @Test
  void aFileOfAnotherAttackThreatOrModelIsPassedOver() {
    Attack attack = Pgd.steps(5).restarts(3);
    ThreatModel threat = ThreatModel.linf(0.02);
    Curved counting = new Curved(MANY);
    Outcome whole = run(attack, threat, counting, null);
    int passes = counting.passes(MANY);
    CheckpointFile other = new CheckpointFile(file().path(), "another model", 0);
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
