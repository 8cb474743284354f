package io.holdfast.attack;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** In which order wrong classes are steered to. Shapes: K classes. */
final class TargetOrder {
  private TargetOrder() {}

  /** All classes but the label, the largest logit first, the first of equals. */
  static int[] byLogit(int label, float[] z) {
    return IntStream.range(0, z.length)
        .filter(k -> k != label)
        .boxed()
        .sorted((a, b) -> z[a] == z[b] ? Integer.compare(a, b) : Float.compare(z[b], z[a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * All classes but the label, the most promising first: by the sum of the ranks among the logits
   * where the sample came nearest to the goal and among what its label fell to.
   *
   * @param nearest logits where the sample came nearest, K
   * @param falls how often samples of this label fell to each class, K
   */
  static int[] learnt(int label, float[] nearest, long[] falls) {
    int[] own = byLogit(label, nearest);
    float[] often = new float[falls.length];
    for (int k = 0; k < often.length; k++) {
      often[k] = falls[k];
    }
    int[] usual = byLogit(label, often);
    int[] rank = new int[falls.length];
    for (int i = 0; i < own.length; i++) {
      rank[own[i]] += 2 * i; // where the sample itself came nearest counts twice
      rank[usual[i]] += falls[usual[i]] > 0 ? i : own.length;
    }
    return Arrays.stream(own)
        .boxed()
        .sorted(Comparator.comparingInt(k -> rank[k])) // stable: the nearest first
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
