package io.holdfast.evaluate;

import io.holdfast.attack.AttackResult;
import io.holdfast.attack.Logits;
import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ledger rows from what attacks did. The clean row decides whether a sample counts as attacked: a
 * model that draws random numbers may answer otherwise when the attack looks again.
 *
 * @param threat that the evaluation is about
 * @param ssim null where samples are no images
 * @param seen clean rows of all samples
 * @param workers that measure similarity
 * @param seed of the evaluation
 */
record Rows(ThreatModel threat, @Nullable Ssim ssim, Seen seen, Workers workers, long seed) {

  /** One row per sample and stage of the attack, for the samples that reached it. */
  List<Attempt> stagesOf(String key, double epsilon, AttackResult result) {
    List<Attempt> stages = new ArrayList<>();
    for (AttackResult.Sample sample : result.samples()) {
      Attempt clean = seen.clean(sample.id());
      if (clean.outcome() == Outcome.WRONG || !sample.finished()) {
        continue;
      }
      for (AttackResult.Stage stage : sample.stages()) {
        stages.add(
            row(Kind.STAGE, key + Attempt.STAGE_MARK + stage.attack(), epsilon, clean)
                .outcome(stage.outcome())
                .queries(stage.queries())
                .gradients(stage.gradients())
                .build());
      }
    }
    return stages;
  }

  /** One row per sample of the chunk that the attack finished with, in its order. */
  List<Attempt> of(Kind kind, String key, double epsilon, Chunk chunk, AttackResult result) {
    return of(kind, key, epsilon, chunk, result, AttackResult.Sample::finished);
  }

  /** Those of samples that have fallen so far, though to a change that may not be the smallest. */
  List<Attempt> soFar(String key, double epsilon, Chunk chunk, AttackResult result) {
    return of(
        Kind.VERDICT,
        key,
        epsilon,
        chunk,
        result,
        sample -> !sample.finished() && sample.outcome() == Outcome.FELL);
  }

  private List<Attempt> of(
      Kind kind,
      String key,
      double epsilon,
      Chunk chunk,
      AttackResult result,
      Predicate<AttackResult.Sample> which) {
    float[] adversarial = result.adversarial().toFloats(); // [N, ...]
    int stride = adversarial.length / chunk.size();
    int[] chosen =
        IntStream.range(0, chunk.size()).filter(i -> which.test(result.samples().get(i))).toArray();
    return workers.map(
        chosen.length,
        k -> {
          int i = chosen[k];
          AttackResult.Sample sample = result.samples().get(i);
          Attempt clean = seen.clean(sample.id());
          if (clean.outcome() == Outcome.WRONG) {
            return skipped(kind, key, epsilon, clean);
          }
          Distances d = sample.distances();
          return row(kind, key, epsilon, clean)
              .predicted(sample.prediction(), sample.confidence(), sample.trueConfidence())
              .outcome(outcome(sample))
              .distances(d.l0(), d.l1(), d.l2(), d.linf())
              .ssim(ssim == null ? Double.NaN : ssim.of(chunk.values(), adversarial, i * stride))
              .queries(sample.queries())
              .gradients(sample.gradients())
              .build();
        });
  }

  /** No change at all is admissible, so a clean input that is answered wrongly now has fallen. */
  private Outcome outcome(AttackResult.Sample sample) {
    if (sample.outcome() != Outcome.SKIPPED_WRONG) {
      return sample.outcome();
    }
    return threat.goal().targeted() ? Outcome.HELD : Outcome.FELL;
  }

  /** The row of a sample that was not attacked, since it is wrong when clean. */
  Attempt skipped(Kind kind, String key, double epsilon, Attempt clean) {
    return row(kind, key, epsilon, clean)
        .predicted(clean.prediction(), clean.confidence(), clean.trueConfidence())
        .outcome(Outcome.SKIPPED_WRONG)
        .distances(0, 0, 0, 0)
        .ssim(clean.ssim())
        .build();
  }

  /** The row of a sample that fell at a smaller radius already; nothing more is spent on it. */
  Attempt carried(Kind kind, String key, double epsilon, Attempt fallen) {
    return row(kind, key, epsilon, fallen)
        .predicted(fallen.prediction(), fallen.confidence(), fallen.trueConfidence())
        .outcome(Outcome.FELL)
        .distances(fallen.l0(), fallen.l1(), fallen.l2(), fallen.linf())
        .ssim(fallen.ssim())
        .build();
  }

  /**
   * The row of a sample that was corrupted, right or wrong when clean.
   *
   * @param logits of the corrupted sample
   * @param corrupted all samples of the chunk
   */
  Attempt corrupted(
      AttemptKey key, Chunk chunk, int i, float[] logits, Distances d, float[] corrupted) {
    int best = Logits.best(logits);
    int label = chunk.label(i);
    int offset = i * (corrupted.length / chunk.size());
    return Attempt.of(key.kind(), key.attempt(), chunk.id(i), label)
        .group(chunk.group(i))
        .threat(key.threat(), key.epsilon())
        .seed(seed)
        .predicted(best, Logits.probability(logits, best), Logits.probability(logits, label))
        .distances(d.l0(), d.l1(), d.l2(), d.linf())
        .ssim(ssim == null ? Double.NaN : ssim.of(chunk.values(), corrupted, offset))
        .queries(1)
        .build();
  }

  private Attempt.Builder row(Kind kind, String key, double epsilon, Attempt of) {
    return Attempt.of(kind, key, of.sampleId(), of.label())
        .group(of.group())
        .threat(threat.name(), epsilon)
        .seed(seed);
  }
}
