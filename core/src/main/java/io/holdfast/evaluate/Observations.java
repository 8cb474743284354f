package io.holdfast.evaluate;

import io.holdfast.attack.Logits;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.model.Classifier;
import io.holdfast.model.InputGradients;
import io.holdfast.record.AttemptKey;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Signs that gradient attacks cannot see the model, so that its robust accuracy may be false
 * (Athalye, Carlini and Wagner 2018, section 3.1), in plain words for the scorecard.
 */
final class Observations {
  private static final double FEW = 0.05;
  private static final double SUM = 1e-3;
  private static final double NOTABLE = 0.02;
  private static final int NOTABLE_SAMPLES = 2;

  private final List<String> found = new ArrayList<>();

  List<String> list() {
    return List.copyOf(found);
  }

  /** Outputs that are probabilities, which flatten every loss that takes them for logits. */
  void outputs(float[][] logits) {
    long like = Arrays.stream(logits).filter(Observations::isDistribution).count();
    if (like == logits.length) {
      note(
          "probabilities as logits: the model's outputs are never negative and add up to 1; a"
              + " softmax before the loss hides gradients, so remove it from the model");
    }
  }

  private static boolean isDistribution(float[] z) {
    double sum = 0;
    for (float v : z) {
      if (v < 0) {
        return false;
      }
      sum += v;
    }
    return Math.abs(sum - 1) < SUM;
  }

  /** Samples predicted right whose loss gradient is zero or not finite. */
  void gradients(Classifier model, Chunk chunk, float[][] logits, Workers workers, int shard) {
    if (!model.differentiable()) {
      return;
    }
    int n = chunk.size();
    try (InputGradients source = model.gradients(Precision.FLOAT32)) {
      List<boolean[]> blind =
          workers.map(
              (n + shard - 1) / shard,
              s -> blind(source, chunk, s * shard, Math.min(n, (s + 1) * shard)));
      int right = 0;
      int unseen = 0;
      for (int i = 0; i < n; i++) {
        if (Logits.best(logits[i]) == chunk.label(i)) {
          right++;
          unseen += blind.get(i / shard)[i % shard] ? 1 : 0;
        }
      }
      if (unseen > FEW * right) {
        note(
            "masked gradients: the loss has a gradient that is zero or not finite at %d of %d"
                + " correct samples; gradient attacks are blind there and robust accuracy may be"
                + " false",
            unseen, right);
      }
    }
  }

  private static boolean[] blind(InputGradients source, Chunk chunk, int from, int to) {
    long[] labels = new long[to - from];
    Arrays.setAll(labels, i -> chunk.label(from + i));
    Reference reference = Reference.labels(Tensors.of(labels, labels.length));
    Tensor x = chunk.x().slice(0, from, to); // [n, ...]
    Tensor gradient = source.pass(x, z -> Losses.CE.cotangent(z, reference)).gradient();
    Tensor size = gradient.abs().reshape(labels.length, -1).max(1); // [n]
    float[] sizes = size.toFloats();
    boolean[] blind = new boolean[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      blind[i] = !(sizes[i] > 0 && Float.isFinite(sizes[i]));
    }
    return blind;
  }

  /** A cheaper attack that fells more than one with more gradients. */
  void suite(List<AttemptKey> attacks, Seen seen) {
    for (AttemptKey cheap : attacks) {
      for (AttemptKey dear : attacks) {
        compare(cheap, seen.tally(cheap), dear, seen.tally(dear));
      }
    }
  }

  private void compare(AttemptKey cheap, Seen.Tally a, AttemptKey dear, Seen.Tally b) {
    boolean fewer = a.gradients <= 2 && b.gradients >= 5;
    double notable = Math.max(NOTABLE_SAMPLES, NOTABLE * b.attacked);
    if (fewer && a.attacked == b.attacked && a.fell - b.fell > notable) {
      note(
          "masked gradients: %s with at most %d gradients felled %d samples, %s with up to %d only"
              + " %d; a search that is stronger should not find less",
          cheap.attempt(), a.gradients, a.fell, dear.attempt(), b.gradients, b.fell);
    }
  }

  private void note(String format, Object... values) {
    found.add(String.format(Locale.ROOT, format, values));
  }
}
