package io.holdfast.attack.minimal;

import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Losses;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The boundaries that a sample may cross: that with one wanted class, or with each wrong one. */
final class Rivals {
  private Rivals() {}

  /** How many boundaries there are. */
  static int count(AttackTask task) {
    return task.reference().targets() != null ? 1 : task.classes() - 1;
  }

  /** What is 0 on each of them. */
  static List<Loss> losses(AttackTask task) {
    @Nullable Tensor targets = task.reference().targets();
    if (targets != null) {
      return List.of(task.threat().goal().targeted() ? Losses.CW : new LogitGap(targets));
    }
    long[] labels = task.reference().labels().toLongs(); // [n]
    return IntStream.range(0, count(task)).<Loss>mapToObj(k -> gap(task, labels, k)).toList();
  }

  private static LogitGap gap(AttackTask task, long[] labels, int number) {
    long[] rivals =
        Arrays.stream(labels).map(y -> (y + 1 + number) % task.classes()).toArray(); // [n]
    return new LogitGap(Tensors.of(rivals, rivals.length).to(task.region().clean().device()));
  }
}
