package io.holdfast.attack;

import io.holdfast.model.InputGradients;
import io.holdfast.record.Outcome;
import io.holdfast.threat.Knowledge;
import java.util.stream.IntStream;

/** What one stage of an attack did: noted from its beginning to its end. */
final class StageNotes {
  private final AttackRun run;
  private final Attack stage;
  private final boolean[] fellBefore;
  private final long[] queriesBefore;
  private final long[] gradientsBefore;

  private StageNotes(AttackRun run, Attack stage) {
    this.run = run;
    this.stage = stage;
    fellBefore = run.fell.clone();
    queriesBefore = run.queries.clone();
    gradientsBefore = run.gradientCounts.clone();
  }

  static StageNotes begin(AttackRun run, Attack stage, InputGradients gradients) {
    run.begin(gradients, stage.learnsTargets());
    return new StageNotes(run, stage);
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
                    run.queries[row] - queriesBefore[row],
                    run.gradientCounts[row] - gradientsBefore[row]));
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
    return run.fell[row] && !fellBefore[row] && gradientsBefore[row] > 0;
  }
}
