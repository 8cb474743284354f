package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.condition.OS;

/** The command line as a process of its own, to be signalled and killed. */
final class RealProcess {
  private RealProcess() {}

  /** Starts it; what it prints goes to {@code out.txt} and {@code err.txt} in the folder. */
  static Process start(Path folder, Object... arguments) throws IOException {
    return start(folder, List.of(), arguments);
  }

  /** As {@link #start(Path, Object...)}, with more options of the virtual machine. */
  static Process start(Path folder, List<String> options, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>(interruptible());
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // A short life does not repay the optimising compiler.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.add("-Dorg.bytedeco.javacpp.nopointergc=true");
    command.addAll(options);
    command.add("-cp");
    command.addAll(List.of(System.getProperty("java.class.path"), Main.class.getName()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command)
        .redirectOutput(folder.resolve("out.txt").toFile())
        .redirectError(folder.resolve("err.txt").toFile())
        .start();
  }

  /**
   * The beginning of a command that Ctrl-C ends although whatever started the tests ignores it, as
   * a shell makes its background jobs do.
   */
  static List<String> interruptible() {
    return OS.LINUX.isCurrentOs() ? List.of("env", "--default-signal=INT") : List.of();
  }

  /** Waits until a file holds a text; the process must not end before. */
  static void await(Process process, Path file, String text) throws Exception {
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      assertThat(process.waitFor(5, TimeUnit.MILLISECONDS)).as("it goes on").isFalse();
    }
  }

  static void signal(Process process, String name) throws Exception {
    String pid = Long.toString(process.pid());
    assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor()).isZero();
  }

  /** Its exit code. */
  static int end(Process process) throws InterruptedException {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ends in time").isTrue();
    return process.exitValue();
  }
}
