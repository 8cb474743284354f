package io.holdfast.model.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's kernels work in blocks of 8 or 16 channels; networks with fewer must train too. */
class FewChannelsTest {
  private static final int MINUTES = 3;

  /** Before the way around oneDNN's issue 6035: aborted, or hung, at 1x1 with a stride. */
  @Test
  void layersOfFewChannelsComputeTheSameInFloat32AsInDouble(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("out.txt");
    Process process =
        new ProcessBuilder(command())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
    process.destroyForcibly().waitFor();
    List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
    String last = String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
    assertThat(ended).as(last).isTrue();
    assertThat(process.exitValue()).as(last).isZero();
    assertThat(lines).filteredOn(line -> line.startsWith("wrong: ")).isEmpty();
    assertThat(lines).endsWith("done");
  }

  private static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null"));
    Optional.ofNullable(System.getProperty("org.bytedeco.javacpp.cachedir"))
        .ifPresent(place -> command.add("-Dorg.bytedeco.javacpp.cachedir=" + place));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FewChannelsProcess.class.getName());
    return command;
  }
}
