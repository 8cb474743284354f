package io.holdfast.data.image;

import io.holdfast.common.Stopper;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A content's hash, computed once, on first use, by one thread; one that was stopped begins again.
 */
final class HashOnce {
  private final Function<Stopper, String> source;
  private @Nullable String value;

  /**
   * @param source computes the hash, looking at the stopper as it goes
   */
  HashOnce(Function<Stopper, String> source) {
    this.source = source;
  }

  synchronized String get(Stopper stopper) {
    String known = value;
    if (known == null) {
      known = source.apply(stopper);
      value = known;
    }
    return known;
  }
}
