package io.holdfast.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.Seed;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** These numbers may never change: equal experiments must give equal bits in every version. */
class RngTest {
  private static final float[] NORMAL = {
    1.055754f, -0.407377f, 0.47522536f, -0.66552925f, 0.70897615f
  };
  private static final float[] MANY_NORMAL = {
    1.6263146f, 1.8774971f, -0.1435115f, -1.7203271f, 0.36516404f, -0.87846893f, 0.7427992f,
    -0.86315495f, 0.33253658f, 0.61667895f, -0.11154047f, -0.13449918f, 0.2701739f, 0.11399352f,
    -0.70274895f, -1.1692162f, 0.53514695f, 0.8002445f, 1.1522429f, -0.046939265f
  };

  @Test
  void goldenValues() {
    try (Scope scope = Scope.open()) {
      Rng r = Rng.of(new Seed(7).split("golden"));
      assertThat(r.uniform(-1, 2, 5).toFloats())
          .containsExactly(-0.57257944f, 1.555529f, 1.1641345f, 1.236367f, 1.219739f);
      // Logarithms and cosines may differ in the last bit between processors.
      assertThat(r.normal(5).toFloats()).containsExactly(NORMAL, within(1e-6f));
      assertThat(r.normal(20).toFloats()).containsExactly(MANY_NORMAL, within(1e-6f));
      assertThat(r.bernoulli(0.3, 12).toFloats())
          .containsExactly(0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1);
      assertThat(r.integers(1000, 6).toLongs()).containsExactly(810, 376, 171, 328, 280, 729);
      assertThat(r.permutation(10).toLongs()).containsExactly(5, 4, 2, 3, 7, 9, 0, 8, 1, 6);
    }
  }

  @Test
  void equalSeedsGiveEqualNumbersAndOthersDoNot() {
    try (Scope scope = Scope.open()) {
      float[] one = Rng.of(new Seed(1)).normal(64).toFloats();
      assertThat(Rng.of(new Seed(1)).normal(64).toFloats()).isEqualTo(one);
      assertThat(Arrays.equals(Rng.of(new Seed(2)).normal(64).toFloats(), one)).isFalse();
    }
  }

  @Test
  void aGeneratorThatIsRestartedDrawsWhatAFreshOneDoes() {
    for (int count : new int[] {1, 5, 15, 16, 17, 784}) { // few are drawn one by one, in pairs
      try (Scope scope = Scope.open()) {
        List<Seed> seeds = List.of(new Seed(3), new Seed(4), new Seed(3), new Seed(-5));
        float[] rows = Rng.normalRows(seeds, count, 1).toFloats();
        for (int i = 0; i < seeds.size(); i++) {
          float[] row = Arrays.copyOfRange(rows, i * count, (i + 1) * count);
          assertThat(row).isEqualTo(Rng.of(seeds.get(i)).normal(count).toFloats());
        }
        Rng used = Rng.of(new Seed(9));
        used.normal(3);
        used.restart(new Seed(3));
        assertThat(used.uniform(0, 1, count).toFloats())
            .isEqualTo(Rng.of(new Seed(3)).uniform(0, 1, count).toFloats());
        assertThat(Rng.normalRows(List.of(), count).shape()).containsExactly(0, count);
      }
    }
  }

  @Test
  void aGeneratorDiesWithItsScope() {
    Rng rng;
    try (Scope scope = Scope.open()) {
      rng = Rng.of(new Seed(1));
    }
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(() -> rng.normal(2)).hasMessageContaining("a generator used after");
    }
  }
}
