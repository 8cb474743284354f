package io.holdfast.train;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.tensor.Memory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A training run in a process of its own, to be killed. */
final class TrainingProcess {
  static final int STEPS = 420;
  private static final int PAUSE_MILLIS = 12;

  /** The step after which {@code hoard} begins, and what it takes at each step from there on. */
  static final int HOARDED_FROM = 150;

  private static final int HOARDED_BYTES = 32 << 20;
  private static final List<ByteBuffer> HOARD = new ArrayList<>();

  private TrainingProcess() {}

  /** The run that is killed; checkpoints are due every third step and every 40 ms. */
  static Run run(@Nullable Path folder) {
    return new Run()
        .with(r -> r.folder = folder)
        .resuming()
        .with(r -> r.graph = Run.NORMED)
        .settings(
            s ->
                s.epochs(STEPS / 12)
                    .steps(Curve.constant(1))
                    .batch(8)
                    .shard(4)
                    .averaging(0.9)
                    .keepBest(true)
                    .validation(16, 1)
                    .checkpoint(3, 0.04));
  }

  /** Many small steps without pause, to look at the memory. */
  private static Run small(int steps) {
    return new Run()
        .with(r -> r.graph = Run.NORMED)
        .with(r -> r.workers = 1)
        .with(r -> r.validation = null)
        .settings(
            s ->
                s.epochs((steps + 23) / 24)
                    .steps(Curve.constant(1))
                    .batch(4)
                    .shard(2)
                    .averaging(0.9));
  }

  /**
   * Modes: {@code slow FOLDER} pauses at each step, {@code fast FOLDER} does not, {@code hoard
   * FOLDER} takes ever more native memory in the middle of the run, {@code memory STEPS} prints
   * resident megabytes at every tenth of the steps.
   */
  public static void main(String[] args) {
    System.exit(args[0].equals("memory") ? memory(Integer.parseInt(args[1])) : train(args));
  }

  private static int train(String[] args) {
    try (Stopper stopper = Stopper.install(line -> System.out.println("note: " + line))) {
      Run run = run(Path.of(args[1]));
      run.stopper = stopper;
      boolean slow = args[0].equals("slow");
      boolean hoards = args[0].equals("hoard");
      run.progress =
          Run.afterEachStep(
              done -> {
                if (done == 1) {
                  System.out.println("go");
                }
                if (slow) {
                  pause();
                }
                if (hoards && done > HOARDED_FROM) {
                  HOARD.add(ByteBuffer.allocateDirect(HOARDED_BYTES));
                }
              });
      System.out.println("weights " + run.go().weights());
      return 0;
    } catch (RunInterruptedException e) {
      System.out.println("interrupted: " + e.getMessage());
      return 130;
    } catch (InvalidInputException e) {
      System.out.println("bad input: " + e.getMessage());
      return 2;
    } catch (HoldfastException e) {
      System.out.println("failed: " + e.getMessage());
      return 1;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int memory(int steps) {
    Run run = small(steps);
    run.progress =
        Run.afterEachStep(
            done -> {
              if (done % (steps / 10) == 0) {
                System.out.printf(Locale.ROOT, "%.1f%n", Memory.residentBytes() / 1e6);
              }
            });
    run.go();
    return 0;
  }

  /** The command that starts this class with the present class path. */
  static List<String> command(List<String> before, List<String> options, String... arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.addAll(List.of("-XX:-UsePerfData"));
    Optional.ofNullable(System.getProperty("org.bytedeco.javacpp.cachedir"))
        .ifPresent(folder -> command.add("-Dorg.bytedeco.javacpp.cachedir=" + folder));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(TrainingProcess.class.getName());
    command.addAll(List.of(arguments));
    return command;
  }
}
