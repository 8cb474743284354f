package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.data.Dataset;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.train.objective.Standard;
import io.holdfast.train.objective.Trades;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Weights of samples in the loss of training. */
@ExtendWith(LeakCheck.class)
class SampleWeightsTest {
  private static final List<Objective> OBJECTIVES =
      List.of(new Standard(), new PgdAt(), Trades.beta(6));

  /** The training samples with weights by label. */
  private static Dataset weighted(Dataset data, IntToDoubleFunction byLabel) {
    return new ForwardingDataset(data) {
      @Override
      public float weight(int index) {
        return (float) byLabel.applyAsDouble(label(index));
      }
    };
  }

  private static String weights(Dataset train, Objective objective) {
    Consumer<TrainSettingsBuilder> change = s -> s.objective(objective).epochs(1);
    return new Run().with(run -> run.train = train).settings(change).go().weights();
  }

  @Test
  void weightsOfOneChangeNoBit() {
    for (Objective objective : OBJECTIVES) {
      assertThat(weights(weighted(Run.TRAIN, y -> 1), objective))
          .isEqualTo(weights(Run.TRAIN, objective));
    }
  }

  /** Whatever such samples show, the others are learned from as if they were not there. */
  @Test
  void samplesOfWeightZeroTeachNothing() {
    for (Objective objective : OBJECTIVES) {
      Dataset some = weighted(Run.TRAIN, y -> y < 4 ? 0 : 1);
      Dataset black =
          new ForwardingDataset(some) {
            @Override
            public void read(int index, float[] into, int offset) {
              super.read(index, into, offset);
              if (label(index) < 4) {
                java.util.Arrays.fill(into, offset, offset + info().sampleSize(), 0);
              }
            }
          };
      String expected = weights(some, objective);
      assertThat(weights(black, objective)).as(objective.name()).isEqualTo(expected);
      assertThat(weights(Run.TRAIN, objective)).as(objective.name()).isNotEqualTo(expected);
    }
  }

  /** The mean over all samples of the batch, not over those that count. */
  @Test
  void lossesAreMultipliedByTheWeights() {
    Objective byHand =
        new Objective() {
          @Override
          public String name() {
            return "by-hand";
          }

          @Override
          public boolean adversarial() {
            return false;
          }

          @Override
          public ShardLoss loss(ShardContext shard) {
            Tensor logits = shard.logits(shard.inputs()); // [n, K]
            Tensor each = Nn.crossEntropy(logits, shard.labels(), 0); // [n]
            Tensor weight = shard.labels().to(each.type()).mul(0.25); // [n]
            return new ShardLoss(each.mul(weight), logits.detach(), null);
          }
        };
    assertThat(weights(weighted(Run.TRAIN, y -> 0.25 * y), new Standard()))
        .isEqualTo(weights(Run.TRAIN, byHand));
  }
}
