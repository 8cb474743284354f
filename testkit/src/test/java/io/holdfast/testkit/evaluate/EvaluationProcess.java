package io.holdfast.testkit.evaluate;

import io.holdfast.common.Progress;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Goes on with the shared evaluation in a folder and dies without warning in the midst of it. */
final class EvaluationProcess {
  static final int DIED = 137;

  private EvaluationProcess() {}

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    int advances = Integer.parseInt(arguments[1]);
    Suite.withCurve().folder(folder).resume(true).progress(deadly(advances)).on(Suite.TEST);
  }

  /** Halts the process at the nth sign of progress, wherever the run stands. */
  private static Progress deadly(int advances) {
    AtomicInteger seen = new AtomicInteger();
    return (title, total, unit) ->
        n -> {
          if (seen.incrementAndGet() == advances) {
            Runtime.getRuntime().halt(DIED);
          }
        };
  }
}
