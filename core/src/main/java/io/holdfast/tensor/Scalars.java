package io.holdfast.tensor;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DimnameListOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.jspecify.annotations.Nullable;

/** Native scalars that are used again and again; making one costs more than a small addition. */
final class Scalars {
  /** How many values are kept; a learning rate that falls has a new one at every step. */
  private static final int LIMIT = 4096;

  private static final Kept<Scalar> PLAIN =
      new Kept<>(() -> new Scalar(0.0), (kept, value) -> kept.put(value));
  private static final Kept<ScalarOptional> OPTIONAL =
      new Kept<>(ScalarOptional::new, (kept, value) -> kept.put(value));
  static final TensorOptional NO_TENSOR = keep(new TensorOptional());
  static final ScalarOptional NONE = keep(new ScalarOptional());
  static final DimnameListOptional NO_NAMES = keep(new DimnameListOptional());
  static final MemoryFormatOptional ANY_LAYOUT = keep(new MemoryFormatOptional());
  static final ScalarTypeOptional SAME_TYPE = keep(new ScalarTypeOptional());

  private Scalars() {}

  static Scalar of(double value) {
    Scalar known = PLAIN.of(value);
    return known != null ? known : PLAIN.keeping(value, new Scalar(value));
  }

  static Scalar ofLong(long value) {
    return new Scalar(value);
  }

  static ScalarOptional optional(double value) {
    ScalarOptional known = OPTIONAL.of(value);
    return known != null ? known : OPTIONAL.keeping(value, new ScalarOptional(of(value)));
  }

  /**
   * Takes a native object out of the scope it was made in, so that it lives as long as the process.
   */
  static <P extends Pointer> P keep(P pointer) {
    pointer.retainReference();
    PointerScope scope = PointerScope.getInnerScope();
    if (scope != null) {
      scope.detach(pointer);
    }
    return pointer;
  }

  /**
   * Native objects by the value that they hold. All are made at once: made one by one, in between
   * the buffers of a pass, each would stay where it is for ever, and the allocator could not give
   * the room around it to a buffer of the same size again, so that a long run's memory would grow.
   */
  private static final class Kept<P extends Pointer> {
    private final Map<Double, P> byValue = new ConcurrentHashMap<>();
    private final Deque<P> unused = new ArrayDeque<>(LIMIT);
    private final BiConsumer<P, P> copy;
    private volatile boolean full;

    Kept(Supplier<P> maker, BiConsumer<P, P> copy) {
      this.copy = copy;
      for (int i = 0; i < LIMIT; i++) {
        unused.add(keep(maker.get()));
      }
    }

    @Nullable P of(double value) {
      return byValue.get(value);
    }

    /** The kept object of {@code value}, or {@code made} where no more can be kept. */
    P keeping(double value, P made) {
      return full ? made : kept(value, made);
    }

    private synchronized P kept(double value, P made) {
      P known = byValue.get(value);
      if (known != null) {
        return known;
      }
      P slot = unused.poll();
      if (slot == null) {
        full = true;
        return made;
      }
      copy.accept(slot, made);
      byValue.put(value, slot);
      return slot;
    }
  }
}
