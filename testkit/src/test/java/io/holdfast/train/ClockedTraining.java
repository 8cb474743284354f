package io.holdfast.train;

import io.holdfast.common.Progress;
import io.holdfast.common.governor.Budgets;
import io.holdfast.common.governor.Decision;
import io.holdfast.common.governor.Decision.What;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.testkit.Notes;
import io.holdfast.testkit.governor.ScriptedGauges;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;

/** Training under budgets on a scripted clock: 60 steps of 8 samples with PGD-4 and PGD-AT. */
abstract class ClockedTraining {
  static final int EPOCHS = 20; // of three steps
  static final int BATCH = 8;
  static final Dataset TRAIN = Run.TRAIN.first(3 * BATCH);
  static final double GRADIENT = 0.02 / BATCH; // seconds per sample
  static final double FIXED = 0.04 / BATCH;
  static final double PLANNED = EPOCHS * 3 * (4 * 0.02 + 0.04); // seconds

  final ScriptedGauges gauges = new ScriptedGauges();
  final List<String> notes = new ArrayList<>();
  ClockedObjective objective = new ClockedObjective(gauges, GRADIENT, FIXED);

  static Budgets deadline(double seconds) {
    return Budgets.NONE.withDeadline(Duration.ofMillis((long) (seconds * 1e3)));
  }

  static Budgets coreTime(double seconds) {
    return Budgets.NONE.withCoreSeconds(seconds);
  }

  static Budgets replay(Path journal) {
    return Budgets.NONE.withReplay(journal);
  }

  Run run(@Nullable Budgets budgets) {
    objective = new ClockedObjective(gauges, GRADIENT, FIXED);
    Progress progress = new Notes(notes::add);
    Run run =
        new Run()
            .with(r -> r.train = TRAIN)
            .with(r -> r.validation = null)
            .with(r -> r.workers = 1)
            .settings(s -> s.objective(objective).steps(Curve.constant(4)))
            .settings(s -> s.epochs(EPOCHS).batch(BATCH).shard(BATCH));
    run.progress = progress;
    run.governor =
        budgets == null ? null : Governor.of(budgets, gauges, run.workers, progress, run.stopper);
    return run;
  }

  static List<Decision> of(Run run, What what) {
    return journal(run).stream().filter(d -> d.what() == what).toList();
  }

  static List<Decision> journal(Run run) {
    return run.governor == null ? List.of() : run.governor.journal().decisions();
  }

  static List<Decision> changes(Run run) {
    return journal(run).stream().filter(d -> d.what().changesResults()).toList();
  }

  static Offset<Double> within() {
    return Assertions.within(1e-6);
  }
}
