package io.holdfast.model.graph;

import io.holdfast.common.Problems;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One type of layer with its hyper-parameters: an immutable record. It knows shapes and parameters
 * but computes nothing: forward, compiled plans, bounds and export are tables keyed by the layer's
 * class, so that adding a layer type is one record and one row in {@link LayerTypes}, {@link
 * Forward} and each further table that supports it.
 *
 * <p>All shapes and dimension numbers are those of one sample: dimension 0 is the first after the
 * batch.
 */
public interface Layer {
  /** Fewest inputs. */
  default int minInputs() {
    return 1;
  }

  /** Most inputs. */
  default int maxInputs() {
    return 1;
  }

  /**
   * What comes out when this goes in.
   *
   * @param inputs as many as the layer takes
   * @param problems of this layer's node; what does not fit is added with the field "input"
   * @return null if the inputs do not fit
   */
  @Nullable TensorType output(List<TensorType> inputs, Problems problems);

  /** Parameters for inputs that fit, in a fixed order. */
  default List<ParameterSpec> parameters(List<TensorType> inputs) {
    return List.of();
  }

  /**
   * Multiplications of matrices and kernels in one pass over one sample, for inputs that fit; 0 for
   * what goes value by value, which is little beside them.
   */
  default long multiplications(List<TensorType> inputs) {
    return 0;
  }

  /** The name in files, such as {@code conv2d}. */
  default String type() {
    return LayerTypes.nameOf(getClass());
  }
}
