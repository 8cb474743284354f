package io.holdfast.model.graph;

import io.holdfast.model.graph.Graph.Parameter;

/** Which initialiser each parameter of a graph gets. */
@FunctionalInterface
public interface Initialisation {
  Initialiser of(Parameter parameter);

  /**
   * PyTorch's defaults for its modules: weights and biases of convolutions and linear layers
   * uniform within {@code 1 / sqrt(fan in)} (Kaiming uniform with a = sqrt 5), normalisations 1 and
   * 0, embeddings normal with deviation 1. Learned constants, for which PyTorch has no default, are
   * truncated normal with deviation 0.02.
   */
  Initialisation PYTORCH =
      p -> {
        double bound = 1 / Math.sqrt((double) p.spec().fanIn());
        return switch (p.spec().kind()) {
          case WEIGHT, BIAS -> Initialiser.uniform(bound);
          case SCALE, RUNNING_VARIANCE -> Initialiser.constant(1);
          case SHIFT, RUNNING_MEAN -> Initialiser.constant(0);
          case TABLE -> Initialiser.normal(1);
          case CONSTANT -> Initialiser.truncatedNormal(0.02);
        };
      };

  /**
   * He et al. 2015, section 2.2 (forward case, equation 10): weights normal with variance {@code 2
   * / fan in}, so that the size of activations is kept from layer to layer; biases 0; all else as
   * {@link #PYTORCH}, whose weights have a sixth of that variance.
   */
  Initialisation HE_FAN_IN =
      p ->
          switch (p.spec().kind()) {
            case WEIGHT -> Initialiser.normal(Math.sqrt(2 / (double) p.spec().fanIn()));
            case BIAS -> Initialiser.constant(0);
            default -> PYTORCH.of(p);
          };

  /**
   * He et al. 2015, section 2.2 (backward case, equation 14): weights normal with variance {@code 2
   * / fan out}, biases 0; all else as {@link #PYTORCH}.
   */
  Initialisation HE_FAN_OUT =
      p ->
          switch (p.spec().kind()) {
            case WEIGHT -> Initialiser.normal(Math.sqrt(2 / (double) p.spec().fanOut()));
            case BIAS -> Initialiser.constant(0);
            default -> PYTORCH.of(p);
          };

  /**
   * As vision transformers are commonly begun (Touvron et al. 2021): weights and constants
   * truncated normal with deviation 0.02, biases 0; all else as {@link #PYTORCH}.
   */
  Initialisation TRANSFORMER =
      p ->
          switch (p.spec().kind()) {
            case WEIGHT, TABLE, CONSTANT -> Initialiser.truncatedNormal(0.02);
            case BIAS -> Initialiser.constant(0);
            default -> PYTORCH.of(p);
          };

  /**
   * For training on interval bounds (Shi et al. 2021, IBP initialisation): weights normal with
   * deviation {@code sqrt(2 pi) / fan in}, biases 0; all else as {@link #PYTORCH}. The absolute
   * weights of an output then add up to 2, of which a ReLU keeps half, so that in a chain of layers
   * the width of bounds stays the same, whereas by {@link #HE_FAN_IN} each layer multiplies it. The
   * authors leave the last layer as it is, and halve the weights behind residual sums; here the
   * last layer is no exception, and such sums still add widths up.
   */
  Initialisation IBP =
      p ->
          switch (p.spec().kind()) {
            case WEIGHT -> Initialiser.normal(Math.sqrt(2 * Math.PI) / p.spec().fanIn());
            case BIAS -> Initialiser.constant(0);
            default -> PYTORCH.of(p);
          };
}
