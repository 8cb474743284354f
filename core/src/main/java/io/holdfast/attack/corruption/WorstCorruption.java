package io.holdfast.attack.corruption;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.ListedAttack;
import io.holdfast.attack.Losses;
import io.holdfast.common.InvalidInputException;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.CommonCorruptions;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * The worst of the common corruptions for each sample (Hendrycks and Dietterich 2019, section 4.1):
 * every type in turn at one severity, with random numbers of the sample's own; of a sample that
 * holds the type that raises the margin most. Restarts draw other random numbers and pass over
 * types that have none. One query per type.
 *
 * @param severity from 1 to 5; by default the threat model's highest
 * @param restarts at least 1
 */
public record WorstCorruption(OptionalInt severity, int restarts)
    implements ListedAttack<WorstCorruption> {
  /** The registry's line. */
  public static final AttackSpec<WorstCorruption> SPEC =
      new AttackSpec<>(
          "worst-corruption",
          "the worst of the common corruptions for each sample",
          List.of(CommonCorruptions.NAME),
          "Hendrycks and Dietterich 2019, section 4.1",
          new WorstCorruption(OptionalInt.empty(), 1),
          List.of(
              Knobs.ownCount(
                  "severity",
                  "the threat model's",
                  "severity of every type, from 1 to 5",
                  WorstCorruption::severity,
                  (a, n) -> new WorstCorruption(OptionalInt.of(n), a.restarts)),
              Knobs.restarts((a, n) -> new WorstCorruption(a.severity, n))));

  public WorstCorruption {
    if (severity.isPresent() && severity.getAsInt() > Corruption.SEVEREST) {
      throw new InvalidInputException(
          "attack worst-corruption",
          "severity",
          "a whole number from 1 to " + Corruption.SEVEREST,
          Integer.toString(severity.getAsInt()));
    }
  }

  /** At the threat model's highest severity. */
  public static WorstCorruption standard() {
    return SPEC.usual();
  }

  @Override
  public AttackSpec<WorstCorruption> spec() {
    return SPEC;
  }

  @Override
  public Knowledge needs() {
    return Knowledge.SCORE;
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    ListedAttack.super.check(threat, classes);
    for (ThreatModel member : threat.members()) {
      if (severity.orElse(0) > member.epsilon()) {
        throw new InvalidInputException(
            "attack " + key(),
            "severity",
            "at most that of the threat model " + member.set().key(),
            Integer.toString(severity.getAsInt()));
      }
    }
  }

  @Override
  public void checkInputs(long[] shape) {
    if (!Corruption.takes(shape)) {
      throw new InvalidInputException(
          "attack " + key(),
          "",
          "a model of images [1 or 3, H, W] of at least 8x8",
          "one of inputs " + Arrays.toString(shape));
    }
  }

  @Override
  public Tensor perturb(AttackTask task) {
    CommonCorruptions set = (CommonCorruptions) task.threat().set();
    int channels = (int) task.region().clean().size(1);
    Losses loss = task.reference().targets() == null ? Losses.CW : Losses.CE;
    double[] highest = new double[task.size()];
    Arrays.fill(highest, Double.NEGATIVE_INFINITY);
    double[] best = new double[task.size()]; // type by sample; severity 0 would change nothing
    int level = severity.orElse(set.severity());
    for (Corruption type : set.types()) {
      boolean useful = type.changes(channels) && (task.round() == 0 || type.random());
      if (!useful || task.size() == 0 || task.queriesLeft() == 0) {
        continue;
      }
      try (Scope scope = Scope.open()) {
        double[] types = new double[task.size()];
        Arrays.fill(types, type.number());
        Tensor variables = variables(task, types, level); // [n, 3]
        Tensor logits = task.logits(variables); // [n, K]
        double[] values = loss.value(logits, task.reference()).toDoubles(); // [n]
        for (int i = 0; i < values.length; i++) {
          if (values[i] > highest[i]) {
            highest[i] = values[i];
            best[i] = type.number();
          }
        }
        AttackTask.Stay stay = task.settle(variables, logits);
        highest = stay.of(highest);
        best = stay.of(best);
      }
    }
    return variables(task, best, level);
  }

  private static Tensor variables(AttackTask task, double[] types, int level) {
    float[] all = new float[types.length * CommonCorruptions.VARIABLES];
    for (int i = 0; i < types.length; i++) {
      int at = i * CommonCorruptions.VARIABLES;
      all[at] = (float) types[i];
      all[at + 1] = level;
      all[at + 2] = CommonCorruptions.draw(task.seeds().get(i));
    }
    return Tensors.of(all, types.length, CommonCorruptions.VARIABLES)
        .to(task.region().clean().device());
  }
}
