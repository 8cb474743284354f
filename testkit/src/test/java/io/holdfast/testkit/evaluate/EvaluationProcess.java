package io.holdfast.testkit.evaluate;

import io.holdfast.common.Progress;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Goes on with the shared evaluation in a folder and dies without warning in the midst of it; or
 * runs {@link #ofOneChunk} slowly, to be killed.
 */
final class EvaluationProcess {
  static final int DIED = 137;
  static final String SLOWLY = "slowly";
  private static final int PAUSE_MILLIS = 5;

  static final Dataset ONE_CHUNK = Suite.TEST.first(40);

  /** The shared model, which counts its passes and takes its time for each. */
  record Counted(AtomicInteger passes, int millis) implements Classifier {
    @Override
    public int classes() {
      return Suite.MODEL.classes();
    }

    @Override
    public long[] inputShape() {
      return Suite.MODEL.inputShape();
    }

    @Override
    public Tensor logits(Tensor x) {
      passes.incrementAndGet();
      if (millis > 0) {
        LockSupport.parkNanos(millis * 1_000_000L);
      }
      return Suite.MODEL.logits(x);
    }
  }

  private EvaluationProcess() {}

  /** One attack of many rounds, which few samples fall to. */
  static Evaluation ofOneChunk(Classifier model) {
    return Suite.evaluation(model)
        .against(ThreatModel.linf(0.01))
        .with(NamedAttack.parse("pgd[steps=10,restarts=60]"))
        .examples(0);
  }

  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[0]);
    if (arguments[1].equals(SLOWLY)) {
      ofOneChunk(new Counted(new AtomicInteger(), PAUSE_MILLIS)).folder(folder).on(ONE_CHUNK);
      return;
    }
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
