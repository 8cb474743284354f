package io.holdfast.evaluate;

import io.holdfast.attack.Finite;
import io.holdfast.attack.Logits;
import io.holdfast.common.governor.Gate;
import io.holdfast.model.Classifier;
import io.holdfast.record.Attempt;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Unperturbed samples through the model, in float32, over the same shards as the attack driver's
 * first look, so that both see the same bits.
 */
record CleanPass(
    Classifier model, Workers workers, int shard, long seed, boolean images, Gate gate) {

  /** Logits of each sample, {@code [N][K]}. */
  float[][] logits(Chunk chunk) {
    return logits(chunk.x(), chunk.ids(), "clean pass");
  }

  /** Logits of the inputs {@code x [N, ...]}, {@code [N][K]}. */
  float[][] logits(Tensor x, long[] ids, String where) {
    int n = ids.length;
    List<float[][]> parts =
        workers.map(
            (n + shard - 1) / shard,
            s -> {
              int from = s * shard;
              int to = Math.min(n, from + shard);
              return gate.pass(() -> part(x.slice(0, from, to), from, ids, where));
            });
    return parts.stream().flatMap(Arrays::stream).toArray(float[][]::new);
  }

  /** Of the inputs {@code x [n, ...]} of one shard, which begins at {@code from}. */
  private float[][] part(Tensor x, int from, long[] ids, String where) {
    try (NoGrad off = NoGrad.on()) {
      Tensor logits = model.logits(x.to(model.device())); // [n, K]
      int to = from + (int) x.size(0);
      Finite.require(logits, "logit", Arrays.copyOfRange(ids, from, to), where);
      return Logits.rows(logits);
    }
  }

  List<Attempt> rows(Chunk chunk) {
    return rows(chunk, logits(chunk));
  }

  List<Attempt> rows(Chunk chunk, float[][] logits) {
    List<Attempt> rows = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      float[] z = logits[i];
      int best = Logits.best(z);
      int label = chunk.label(i);
      rows.add(
          Attempt.clean(chunk.id(i), label)
              .group(chunk.group(i))
              .seed(seed)
              .predicted(best, Logits.probability(z, best), Logits.probability(z, label))
              .ssim(images ? 1 : Double.NaN)
              .build());
    }
    return rows;
  }
}
