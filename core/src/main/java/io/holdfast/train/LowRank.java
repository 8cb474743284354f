package io.holdfast.train;

import io.holdfast.common.Seed;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.ParameterSpec.Kind;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank adaptation of a trained model (Hu et al. 2022, section 4.1, equation 3): each matrix or
 * kernel stays {@code W0 + alpha / rank * B A}, of which only A {@code [rank, C]} and B {@code [R,
 * rank]} are trained; a kernel {@code [R, in, height, width]} counts as a matrix of {@code in x
 * height x width} columns. What is no matrix, and matrices that have no more numbers than A and B
 * would have, are trained as they are. The model that comes of it is one like any other.
 *
 * @param rank at least 1
 * @param alpha above 0
 */
public record LowRank(int rank, double alpha) {
  public LowRank {
    if (rank < 1 || !(alpha > 0) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException(
          "low-rank adaptation: a rank of at least 1 and an alpha above 0, found "
              + rank
              + " and "
              + alpha);
    }
  }

  /** Reads the section {@code lora}; null where it is missing. */
  static @Nullable LowRank read(SettingsReader train) {
    if (!train.has("lora")) {
      return null;
    }
    SettingsReader s = train.section("lora");
    int rank = s.integer("rank", 8, 1, 1_000_000);
    return new LowRank(rank, s.positive("alpha", 2.0 * rank));
  }

  /** By what the product is multiplied. */
  double scale() {
    return alpha / rank;
  }

  /** Whether a parameter is changed by a product of two small matrices. */
  boolean fits(Parameter parameter) {
    Kind kind = parameter.spec().kind();
    boolean matrix = kind == Kind.WEIGHT || kind == Kind.TABLE;
    return matrix && parameter.spec().shape().rank() > 1 && numbers(parameter) < count(parameter);
  }

  /** How many numbers the two small matrices of a parameter have. */
  private long numbers(Parameter parameter) {
    long rows = parameter.spec().shape().toArray()[0];
    return rank * (rows + count(parameter) / rows);
  }

  private static long count(Parameter parameter) {
    return parameter.spec().shape().count();
  }

  /** How many numbers of a network are trained, as a sentence. */
  public String told(Network network) {
    long trained =
        network.trainable().stream().mapToLong(p -> fits(p) ? numbers(p) : count(p)).sum();
    long all =
        network.graph().parameters().stream()
            .filter(p -> p.spec().kind().learned())
            .mapToLong(LowRank::count)
            .sum();
    return String.format(
        Locale.ROOT,
        "low-rank adaptation: %,d numbers are trained, of a model of %,d",
        trained,
        all);
  }

  /**
   * A fresh optimiser for the trainable weights of a network, of which it takes the values that
   * they have now as W0. A is normal with deviation {@code 1 / sqrt(C)}, B is 0.
   */
  Optimiser create(Optimiser.Config config, Network network, Seed seed) {
    return new LowRankOptimiser(this, config, network, seed);
  }
}
