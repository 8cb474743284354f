package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the moments of the distributions. */
class VariatesTest {
  private static final int DRAWS = 20_000;

  private static double[] betas(double alpha) {
    RandomGenerator random = new Seed(3).generator();
    return DoubleStream.generate(() -> Variates.beta(alpha, random)).limit(DRAWS).toArray();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.05, 0.2, 1, 4})
  void betasHaveTheirMeanAndVariance(double alpha) {
    double[] all = betas(alpha);
    double mean = DoubleStream.of(all).average().orElseThrow();
    double variance =
        DoubleStream.of(all).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    assertThat(mean).isCloseTo(0.5, within(0.02));
    assertThat(variance).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.01));
    assertThat(DoubleStream.of(all).allMatch(x -> x >= 0 && x <= 1)).isTrue();
  }

  /** Both gammas are smaller than any double then; less than one in a hundred mixes at all. */
  @Test
  void aSmallConcentrationHardlyEverMixes() {
    long mixed = DoubleStream.of(betas(0.001)).filter(x -> x > 0.01 && x < 0.99).count();
    assertThat(mixed).isLessThan(DRAWS / 100);
  }

  @Test
  void sharesAddUpToOne() {
    RandomGenerator random = new Seed(4).generator();
    for (double alpha : new double[] {1e-4, 0.3, 1, 20}) {
      double[] shares = Variates.dirichlet(5, alpha, random);
      assertThat(DoubleStream.of(shares).sum()).isCloseTo(1, within(1e-12));
      assertThat(DoubleStream.of(shares).allMatch(x -> x >= 0)).isTrue();
    }
  }
}
