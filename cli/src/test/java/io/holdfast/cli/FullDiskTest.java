package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full in the midst of an evaluation or an attack: a small file system in memory.
 */
@EnabledOnOs(OS.LINUX)
final class FullDiskTest {
  private static final int DISK_KIB = 4096;
  private static final int ROOM_KIB = 60;

  private static Path folder;
  private static @Nullable OwnDisk mounted;
  private static Path disk;
  private static Path weights;

  @BeforeAll
  static void mount(@TempDir Path directory) throws Exception {
    folder = directory;
    mounted = OwnDisk.mount(folder, "size=" + DISK_KIB + "k");
    disk = mounted.path();
    weights = folder.resolve("weights.safetensors");
    try (Network network = Architectures.mlp(Shape.of(1, 28, 28), 10, 8).initialise(new Seed(5))) {
      Safetensors.write(weights, network.weights(), Map.of());
    }
  }

  @AfterAll
  static void unmount() throws Exception {
    if (mounted != null) {
      mounted.close();
    }
  }

  private static Ran on(Path out, String command, Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                command,
                "--model",
                weights,
                "--architecture",
                "mlp",
                "--data",
                "embedded:fashion-mnist/test",
                "--threat",
                "linf:0.02",
                "--out",
                out,
                "--resume"));
    args.addAll(Arrays.asList(more));
    return Ran.command(args.toArray());
  }

  /** Leaves so much room on the disk. */
  private static void leave(int kib) throws Exception {
    Path filler = disk.resolve("filler");
    Files.deleteIfExists(filler);
    long free = disk.toFile().getUsableSpace();
    Files.write(filler, new byte[(int) Math.max(0, free - kib * 1024L)]);
  }

  /** Tries again until it is enough; where the same file fails again, with more room. */
  private static List<String> messages(Path out, String command, Object... more) throws Exception {
    List<String> messages = new ArrayList<>();
    String last = "";
    for (int room = ROOM_KIB; room < DISK_KIB; ) {
      leave(room);
      Ran ran = on(out, command, more);
      if (ran.exit() == Exit.DONE) {
        return messages;
      }
      assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.FAILED);
      assertThat(ran.err().strip())
          .hasLineCount(1)
          .startsWith(out.toString())
          .contains(": the disk is full (", "(a long job goes on with --resume)");
      messages.add(ran.err());
      room *= ran.err().equals(last) ? 2 : 1;
      last = ran.err();
    }
    throw new AssertionError("it never ended: " + messages);
  }

  @Test
  void anEvaluationSaysSoAndGoesOnToTheSameResult() throws Exception {
    Object[] suite = {"--attack", "fgsm,pgd[steps=2]", "--examples", 600};
    Path whole = folder.resolve("whole");
    Path out = disk.resolve("evaluation");
    assertThat(on(whole, "evaluate", suite).exit()).isZero();
    List<String> messages = messages(out, "evaluate", suite);
    assertThat(messages).hasSizeGreaterThan(2);
    assertThat(messages.get(0)).contains("segment-00001.hfl");
    Files.delete(out.resolve("report.html"));
    Files.delete(out.resolve("examples.jsonl"));
    assertThat(messages(out, "evaluate", suite)).as("behind the ledger, too").isNotEmpty();
    assertThat(out).isDirectoryNotContaining("glob:**/.*");
    assertThat(Scorecard.read(out.resolve("scorecard.json")).withoutTiming())
        .isEqualTo(Scorecard.read(whole.resolve("scorecard.json")).withoutTiming());
    for (String file : List.of("ledger.parquet", "examples.jsonl")) {
      assertThat(out.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void anAttackToo() throws Exception {
    Object[] attack = {"--attack", "fgsm", "--examples", 100};
    Path whole = folder.resolve("whole-attack");
    Path out = disk.resolve("attack");
    assertThat(on(whole, "attack", attack).exit()).isZero();
    assertThat(messages(out, "attack", attack)).isNotEmpty();
    assertThat(out.resolve("adversarial.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("adversarial.safetensors"));
  }
}
