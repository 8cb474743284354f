package io.holdfast.train;

import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Parts of tensors, for what is done number by number: threads share them, and each part stays in a
 * core's cache over several operations. Where they are cut depends on the tensors alone, so that
 * any number of threads gives the same bits.
 */
final class Slices {
  private static final long LENGTH = 1 << 15; // numbers, about

  /**
   * Rows of the first dimension of one tensor of a list; all of it where {@code to} is 0.
   *
   * @param tensor its position
   */
  record Slice(int tensor, long from, long to) {
    /** This part of the tensor at its position in such a list, a view. */
    Tensor of(List<Tensor> tensors) {
      return of(tensors.get(tensor));
    }

    /** This part of a tensor of the same shape. */
    Tensor of(Tensor whole) {
      return to == 0 ? whole : whole.slice(0, from, to);
    }
  }

  private Slices() {}

  /**
   * Does something with each part; on another device than the processor with whole tensors, on the
   * calling thread.
   *
   * @param like of the shapes of what is worked on
   * @return the sum of what was returned, in the order of the parts
   */
  static double each(List<Tensor> like, Workers workers, ToDoubleFunction<Slice> task) {
    List<Slice> all = new ArrayList<>();
    boolean here = like.stream().anyMatch(tensor -> !tensor.device().isCpu());
    for (int i = 0; i < like.size(); i++) {
      Tensor tensor = like.get(i);
      long rows = tensor.rank() == 0 ? 1 : tensor.size(0);
      long each = Math.max(1, rows * LENGTH / Math.max(1, tensor.count()));
      if (here || each >= rows) {
        all.add(new Slice(i, 0, 0));
        continue;
      }
      for (long from = 0; from < rows; from += each) {
        all.add(new Slice(i, from, Math.min(rows, from + each)));
      }
    }
    if (here) {
      return all.stream().mapToDouble(task).sum();
    }
    double sum = 0;
    for (double part : workers.map(all.size(), i -> task.applyAsDouble(all.get(i)))) {
      sum += part;
    }
    return sum;
  }
}
