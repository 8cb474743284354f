package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.arch.Architectures;
import io.holdfast.tensor.Memory;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.Trades;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training holds no more memory after many epochs than after a few. */
final class EpochMemoryTest {
  private static final Dataset TRAIN = FashionMnist.train().first(256);
  private static final int STEPS = 4; // of an epoch
  private static final int EPOCHS = 30;

  /** What may come and go; one copy of the weights for each step would be more than twice that. */
  private static final long NOISE = 16L << 20;

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"pgd-at", "trades"})
  void memoryIsFlatOverEpochs(String objective) {
    List<Long> resident = new ArrayList<>();
    new Run()
        .with(r -> r.graph = Architectures.smallCnn(1, 10).graph())
        .with(r -> r.train = TRAIN)
        .with(
            r ->
                r.progress =
                    Run.afterEachStep(
                        done -> {
                          if (done % STEPS == 0) {
                            System.gc();
                            resident.add(Memory.residentBytes());
                          }
                        }))
        .settings(
            s ->
                s.objective(objective.equals("trades") ? Trades.beta(6) : new PgdAt())
                    .epochs(EPOCHS)
                    .batch(64)
                    .shard(32)
                    .averaging(0.99))
        .go();
    long early = Collections.max(resident.subList(2, 5));
    long late = Collections.max(resident.subList(EPOCHS - 3, EPOCHS));
    assertThat(resident).hasSizeGreaterThanOrEqualTo(EPOCHS);
    assertThat(late - early).as("growth in bytes over %s", resident).isLessThan(NOISE);
  }
}
