package io.holdfast.data;

import io.holdfast.tensor.Tensor;
import java.util.Locale;

/**
 * The inputs of a batch by kind. N is the number of samples; tensors belong to the scope in which
 * the batch was made.
 */
public sealed interface Inputs {
  /** Number of samples N. */
  long count();

  /**
   * Arrays of one shape: images, fixed-length signals, numeric columns.
   *
   * @param values {@code [N, ...]} float32
   */
  record Dense(Tensor values) implements Inputs {
    @Override
    public long count() {
      return values.size(0);
    }
  }

  /**
   * Sequences of codes, padded to the longest.
   *
   * @param ids {@code [N, L]} int64
   * @param mask {@code [N, L]} bool, true where a code counts
   */
  record Tokens(Tensor ids, Tensor mask) implements Inputs {
    @Override
    public long count() {
      return ids.size(0);
    }
  }

  /**
   * Signals of different lengths, padded with zeros to the longest.
   *
   * @param values {@code [N, L]} float32
   * @param lengths {@code [N]} int64, each in [1, L]
   */
  record Ragged(Tensor values, Tensor lengths) implements Inputs {
    @Override
    public long count() {
      return values.size(0);
    }
  }

  /**
   * Table rows: numeric and categorical columns.
   *
   * @param continuous {@code [N, D]} float32
   * @param codes {@code [N, K]} int64
   */
  record Mixed(Tensor continuous, Tensor codes) implements Inputs {
    @Override
    public long count() {
      return continuous.size(0);
    }
  }

  /** The values of dense inputs; other kinds are refused with {@link IllegalStateException}. */
  default Tensor dense() {
    if (this instanceof Dense dense) {
      return dense.values();
    }
    throw new IllegalStateException(
        "expected dense inputs, found " + getClass().getSimpleName().toLowerCase(Locale.ROOT));
  }
}
