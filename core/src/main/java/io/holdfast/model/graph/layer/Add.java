package io.holdfast.model.graph.layer;

import io.holdfast.common.Problems;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sum of two or more floating inputs of one shape. */
public record Add() implements Merging {
  @Override
  public @Nullable TensorType output(List<TensorType> inputs, Problems problems) {
    TensorType first = inputs.get(0);
    boolean right = Checks.floating(inputs, problems);
    for (TensorType x : inputs) {
      boolean equal = x.shape().equals(first.shape());
      right &= Checks.input(equal, "the first input's shape " + first.shape(), x, problems);
    }
    return right ? first : null;
  }
}
