package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

final class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Does what the test says. */
  @Command(name = "probe")
  private static final class Probe implements Callable<Integer> {
    @Option(names = "--count")
    private int count;

    private final Supplier<Integer> work;

    Probe(Supplier<Integer> work) {
      this.work = work;
    }

    @Override
    public Integer call() {
      return count + work.get();
    }
  }

  @Test
  void aloneItPrintsHelp() {
    assertThat(run(() -> 0)).isEqualTo(Exit.DONE);
    assertThat(out.toString())
        .contains("Usage: holdfast", "probe", "--version", "a gate was not met");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void versionNamesJavaAndThePlatform() {
    assertThat(run(() -> 0, "--version")).isEqualTo(Exit.DONE);
    assertThat(out.toString()).startsWith("holdfast ").contains(System.getProperty("java.version"));
  }

  @Test
  void aCommandsOwnExitCodePasses() {
    assertThat(run(() -> Exit.GATE_NOT_MET, "probe")).isEqualTo(3);
  }

  @Test
  void badUsageIsBadInputAndNamesTheHelp() {
    assertThat(run(() -> 0, "probe", "--count", "many")).isEqualTo(Exit.BAD_INPUT);
    assertThat(err.toString()).contains("'many' is not an int", "Try 'holdfast probe --help'.");
    assertThat(run(() -> 0, "prob")).isEqualTo(Exit.BAD_INPUT);
    assertThat(err.toString()).contains("prob", "Did you mean: holdfast probe?");
  }

  @Test
  void badInputExitsWith2AndPrintsOnlyTheMessage() {
    assertThat(
            run(fail(new InvalidInputException("a.yaml", "seed", "a whole number", "x")), "probe"))
        .isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines("a.yaml: seed: expected a whole number, found x");
  }

  @Test
  void aFailedRunExitsWith1() {
    assertThat(run(fail(new HoldfastException("the disk is full")), "probe")).isEqualTo(1);
    assertThat(err.toString()).isEqualToIgnoringNewLines("the disk is full");
  }

  @Test
  void anInterruptedRunExitsWith130() {
    assertThat(run(fail(new RunInterruptedException("stopped at step 7")), "probe")).isEqualTo(130);
    assertThat(err.toString()).isEqualToIgnoringNewLines("stopped at step 7");
  }

  @Test
  void exhaustedMemoryIsOneMessage() {
    Supplier<Integer> exhaust =
        () -> {
          throw new OutOfMemoryError("Java heap space");
        };
    assertThat(run(exhaust, "probe")).isEqualTo(1);
    assertThat(err.toString()).contains("Memory is exhausted (Java heap space)").hasLineCount(1);
  }

  @Test
  void memoryThatTheEngineIsRefusedIsOneMessage() {
    Supplier<Integer> exhaust =
        () -> {
          try (Scope scope = Scope.open()) {
            // a view of one number, whose negative would take 2^60 bytes
            Tensor wide = Tensors.ones(1).expand(1L << 58);
            return (int) wide.neg().shape()[0];
          }
        };
    assertThat(run(exhaust, "probe")).isEqualTo(1);
    assertThat(err.toString()).startsWith("out of memory: ").hasLineCount(1);
  }

  @Test
  void aDefectLeavesItsTraceInAFile() throws Exception {
    assertThat(run(fail(new IllegalStateException("no such row")), "probe")).isEqualTo(1);
    assertThat(err.toString()).contains("no such row").doesNotContain("\tat ");
    Matcher log = Pattern.compile("with (\\S+\\.log)\\.").matcher(err.toString());
    assertThat(log.find()).isTrue();
    Path file = Path.of(log.group(1));
    assertThat(file).content().contains("no such row", "\tat ");
    Files.delete(file);
  }

  private static Supplier<Integer> fail(RuntimeException failure) {
    return () -> {
      throw failure;
    };
  }

  private int run(Supplier<Integer> work, String... args) {
    List<Supplier<Object>> commands = List.of(() -> new Probe(work));
    return Main.run(commands, new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
