package io.holdfast.tensor;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DimnameListOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptional;

/** Native scalars that are used again and again; making one costs more than a small addition. */
final class Scalars {
  private static final int LIMIT = 4096;
  private static final Map<Double, Scalar> CACHE = new ConcurrentHashMap<>();
  private static final Map<Double, ScalarOptional> OPTIONAL = new ConcurrentHashMap<>();
  static final TensorOptional NO_TENSOR = keep(new TensorOptional());
  static final ScalarOptional NONE = keep(new ScalarOptional());
  static final DimnameListOptional NO_NAMES = keep(new DimnameListOptional());
  static final MemoryFormatOptional ANY_LAYOUT = keep(new MemoryFormatOptional());
  static final ScalarTypeOptional SAME_TYPE = keep(new ScalarTypeOptional());

  private Scalars() {}

  static Scalar of(double value) {
    Scalar cached = CACHE.get(value);
    if (cached != null) {
      return cached;
    }
    Scalar made = new Scalar(value);
    if (CACHE.size() < LIMIT) {
      keep(made);
      CACHE.put(value, made);
    }
    return made;
  }

  static Scalar ofLong(long value) {
    return new Scalar(value);
  }

  static ScalarOptional optional(double value) {
    ScalarOptional cached = OPTIONAL.get(value);
    if (cached != null) {
      return cached;
    }
    ScalarOptional made = new ScalarOptional(of(value));
    if (OPTIONAL.size() < LIMIT) {
      keep(made);
      OPTIONAL.put(value, made);
    }
    return made;
  }

  /**
   * Takes a native object out of the scope it was made in, so that it lives as long as the process.
   */
  static <P extends org.bytedeco.javacpp.Pointer> P keep(P pointer) {
    pointer.retainReference();
    PointerScope scope = PointerScope.getInnerScope();
    if (scope != null) {
      scope.detach(pointer);
    }
    return pointer;
  }
}
