package io.holdfast.model.graph;

/**
 * One tensor that a layer owns.
 *
 * @param name within the layer, such as {@code weight}
 * @param shape with PyTorch's order of dimensions
 * @param fanIn inputs that one output sums over (He et al. 2015, section 2.2); 1 where it has no
 *     meaning
 * @param fanOut outputs that one input feeds
 */
public record ParameterSpec(String name, Shape shape, Kind kind, long fanIn, long fanOut) {
  /** What a parameter does; initialisation goes by it. */
  public enum Kind {
    WEIGHT,
    BIAS,
    /** The factor of a normalisation. */
    SCALE,
    /** The summand of a normalisation. */
    SHIFT,
    /** An embedding's rows. */
    TABLE,
    /** A learned constant such as a class token. */
    CONSTANT,
    RUNNING_MEAN,
    RUNNING_VARIANCE;

    /** False for statistics, which are measured and not learned. */
    public boolean learned() {
      return this != RUNNING_MEAN && this != RUNNING_VARIANCE;
    }
  }

  /** A parameter for which fans have no meaning. */
  public ParameterSpec(String name, Shape shape, Kind kind) {
    this(name, shape, kind, 1, 1);
  }
}
