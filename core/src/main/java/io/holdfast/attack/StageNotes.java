package io.holdfast.attack;

import io.holdfast.model.InputGradients;
import io.holdfast.record.Outcome;
import io.holdfast.threat.Knowledge;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What one stage of an attack did: noted from its beginning to its end. */
final class StageNotes {
  private final AttackRun run;
  private final Attack stage;
  private final Before before;

  private StageNotes(AttackRun run, Attack stage, Before before) {
    this.run = run;
    this.stage = stage;
    this.before = before;
  }

  /** What was so when the stage began, by row. */
  static final class Before {
    private final boolean[] fell;
    private final long[] queries;
    private final long[] gradients;

    private Before(boolean[] fell, long[] queries, long[] gradients) {
      this.fell = fell;
      this.queries = queries;
      this.gradients = gradients;
    }

    static Before of(AttackRun run) {
      return new Before(run.fell.clone(), run.queries.clone(), run.gradientCounts.clone());
    }

    /** Takes what was written of a row. */
    void read(int row, DataInputStream in) throws IOException {
      fell[row] = in.readBoolean();
      queries[row] = in.readLong();
      gradients[row] = in.readLong();
    }

    void write(int row, DataOutputStream out) throws IOException {
      out.writeBoolean(fell[row]);
      out.writeLong(queries[row]);
      out.writeLong(gradients[row]);
    }
  }

  /**
   * Of a stage that begins, or goes on.
   *
   * @param known what was so when it began, where it goes on
   */
  static StageNotes begin(
      AttackRun run, Attack stage, InputGradients gradients, @Nullable Before known) {
    if (known != null) {
      run.goOn(stage, gradients);
      return new StageNotes(run, stage, known);
    }
    run.begin(stage, gradients);
    return new StageNotes(run, stage, Before.of(run));
  }

  Attack stage() {
    return stage;
  }

  Before before() {
    return before;
  }

  /** Adds the stage to each sample that it spent a round on. */
  void end() {
    for (int row = 0; row < run.fell.length; row++) {
      if (run.tried[row]) {
        run.stages
            .get(row)
            .add(
                new AttackResult.Stage(
                    stage.key(),
                    run.fell[row] ? Outcome.FELL : Outcome.HELD,
                    run.queries[row] - before.queries[row],
                    run.gradientCounts[row] - before.gradients[row]));
      }
    }
    int more = (int) IntStream.range(0, run.fell.length).filter(this::byGradientsNot).count();
    if (stage.needs() != Knowledge.WHITE_BOX) {
      run.byScores += more;
    } else if (stage.seeksSmallest()) {
      run.bySmallest += more;
    }
  }

  /** Whether it fell in this stage after it had withstood gradients. */
  private boolean byGradientsNot(int row) {
    return run.fell[row] && !before.fell[row] && before.gradients[row] > 0;
  }
}
