package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.common.Seed;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed or cut off from the disk in the middle of writing. */
class LedgerKillTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin/java").toString();

  private final Path folder;

  LedgerKillTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Process start(String... before) throws IOException {
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(List.of(JAVA, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LedgerWriterProcess.class.getName(), folder.toString()));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static List<Attempt> read(Path folder) {
    List<Attempt> rows = new ArrayList<>();
    Ledger.read(folder).rows().forEach(rows::add);
    return rows;
  }

  @Test
  void killedAtRandomMomentsWhatWasAcknowledgedIsThereAndTheRestFollows() throws Exception {
    List<Attempt> rows = LedgerWriterProcess.rows();
    RandomGenerator random = new Seed(3).generator();
    for (int kill = 0; kill < 4; kill++) {
      long acknowledged = runAndKill(random.nextInt(60));
      List<Attempt> kept = read(folder);
      assertThat(kept).hasSizeGreaterThanOrEqualTo((int) acknowledged);
      assertThat(kept).isEqualTo(rows.subList(0, kept.size()));
    }
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      ledger.append(rows);
      ledger.finish();
    }
    assertThat(read(folder)).isEqualTo(rows.stream().sorted().toList());
  }

  /** Kills the writer some time after it has reported {@code reports} appends. */
  private long runAndKill(int reports) throws IOException, InterruptedException {
    Process process = start();
    long durable = -1;
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      for (int i = 0; i < reports && line != null; i++) {
        durable = number(line, durable);
        line = out.readLine();
      }
      process.destroyForcibly();
      while (line != null) {
        durable = number(line, durable);
        line = readQuietly(out);
      }
    }
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(durable).as("the writer must have opened the ledger").isGreaterThanOrEqualTo(0);
    return durable;
  }

  private static @Nullable String readQuietly(BufferedReader out) {
    try {
      return out.readLine();
    } catch (IOException e) {
      return null;
    }
  }

  private static long number(String line, long otherwise) {
    return line.matches("(open|durable) \\d+")
        ? Long.parseLong(line.substring(line.indexOf(' ') + 1))
        : otherwise;
  }

  /** A limit on the size of files stands for a full disk. */
  @Test
  void aFullDiskIsOneMessageAndNoHalfFile() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs a POSIX shell");
    Process process = start("/bin/sh", "-c", "ulimit -f 200; exec \"$@\"", "sh");
    List<String> lines;
    try (BufferedReader out = process.inputReader()) {
      lines = out.lines().toList();
    }
    assertThat(process.waitFor()).isEqualTo(1);
    String last = lines.get(lines.size() - 1);
    assertThat(last).startsWith("failed").contains("segment-00001.hfl").contains("writing failed");
    long durable = number(lines.get(lines.size() - 2), -1);
    assertThat(durable).isPositive();
    List<Attempt> kept = read(folder);
    assertThat(kept).isEqualTo(LedgerWriterProcess.rows().subList(0, (int) durable));
    assertThat(Segments.repair(folder.resolve("ledger.d"))).isZero();
  }
}
