package io.holdfast.data.image;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A value computed once, on first use, by one thread. */
final class Memo<T> {
  private @Nullable Supplier<T> source;
  private @Nullable T value;

  Memo(Supplier<T> source) {
    this.source = source;
  }

  synchronized T get() {
    if (value == null && source != null) {
      value = source.get();
      source = null;
    }
    if (value == null) {
      throw new IllegalStateException("a memo holds a value");
    }
    return value;
  }
}
