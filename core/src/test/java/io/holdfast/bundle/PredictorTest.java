package io.holdfast.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.TensorOwner;
import io.holdfast.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PredictorTest {
  private static final int LENGTH = 28 * 28;

  private static float[][] samples(int n) {
    RandomGenerator random = new Seed(11).generator();
    float[][] samples = new float[n][];
    Arrays.setAll(samples, i -> Samples.sample(random, LENGTH));
    return samples;
  }

  /** Each thread asks in batches of its own sizes and offsets; everybody sees the same bits. */
  @Test
  void sixtyFourThreadsSeeTheSameBits() throws Exception {
    int threads = 64;
    float[][] samples = samples(24);
    try (Bundle bundle = Samples.cnn(5);
        Predictor one = bundle.predictor(1);
        Predictor many = bundle.predictor(4)) {
      float[][] expected = one.logits(samples);
      CountDownLatch start = new CountDownLatch(threads);
      ExecutorService pool = Executors.newFixedThreadPool(threads);
      List<Future<Boolean>> results = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        results.add(
            pool.submit(
                () -> {
                  start.countDown();
                  start.await();
                  return agrees(many, samples, expected, thread);
                }));
      }
      for (Future<Boolean> result : results) {
        assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
      }
      pool.shutdown();
    }
  }

  private static boolean agrees(
      Predictor predictor, float[][] samples, float[][] expected, int thread) {
    int size = 1 + thread % 7;
    int from = thread % (samples.length - size);
    float[][] some = Arrays.copyOfRange(samples, from, from + size);
    boolean batch =
        Arrays.deepEquals(predictor.logits(some), Arrays.copyOfRange(expected, from, from + size));
    return batch && Arrays.equals(predictor.logits(samples[from]), expected[from]);
  }

  @Test
  void agreesWithTheNetworkAndItself() {
    float[][] samples = samples(5);
    try (Bundle bundle = Samples.cnn(5);
        Predictor predictor = bundle.predictor();
        Scope scope = Scope.open()) {
      float[][] logits = predictor.logits(samples);
      float[][] probabilities = predictor.probabilities(samples);
      int[] predicted = predictor.predict(samples);
      for (int i = 0; i < samples.length; i++) {
        float[] network =
            bundle.classifier().logits(Tensors.of(samples[i], 1, 1, 28, 28)).toFloats();
        assertThat(logits[i]).containsExactly(network, within(1e-6f));
        double sum = 0;
        for (int k = 0; k < 10; k++) {
          sum += probabilities[i][k];
          assertThat(probabilities[i][k]).isLessThanOrEqualTo(probabilities[i][predicted[i]]);
          double odds = Math.log(probabilities[i][k] / probabilities[i][0]);
          assertThat(odds).isCloseTo(logits[i][k] - logits[i][0], within(1e-5));
        }
        assertThat(sum).isCloseTo(1, within(1e-6));
        assertThat(predictor.predict(samples[i])).isEqualTo(predicted[i]);
        assertThat(predictor.probabilities(samples[i])).isEqualTo(probabilities[i]);
      }
      assertThat(predictor.logits(new float[0][])).isEmpty();
      assertThat(predictor.inputShape()).containsExactly(1, 28, 28);
      assertThat(predictor.classes()).isEqualTo(10);
    }
  }

  @Test
  void badSamplesAreReportedTogether() {
    float[][] batch = samples(5);
    batch[1] = new float[3];
    batch[2][7] = Float.NaN;
    batch[3][9] = 200;
    batch[4][0] = -1e-6f;
    try (Bundle bundle = Samples.cnn(5);
        Predictor predictor = bundle.predictor(1)) {
      assertThatThrownBy(() -> predictor.logits(batch))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageStartingWith("4 problems")
          .hasMessageContaining("[1]: expected 784 values of [1, 28, 28], found 3 values")
          .hasMessageContaining("[2][7]: expected a number in [0.0, 1.0], found NaN")
          .hasMessageContaining("[3][9]: expected a number in [0.0, 1.0], found 200.0 (are these")
          .hasMessageContaining("[4][0]");
      assertThatThrownBy(() -> predictor.predict(new float[LENGTH + 1]))
          .hasMessage("input: expected 784 values of [1, 28, 28], found 785 values");
      batch[0][0] = Float.POSITIVE_INFINITY;
      assertThatThrownBy(() -> predictor.predict(batch[0])).hasMessageContaining("[0]");
    }
  }

  @Test
  void outlivesItsBundleAndLeavesNothingBehind() {
    long open = TensorOwner.openCount();
    Bundle bundle = Samples.tiny(1);
    Predictor predictor = bundle.predictor(2);
    bundle.close();
    assertThat(predictor.logits(new float[4])).hasSize(3);
    assertThatThrownBy(bundle::predictor).isInstanceOf(IllegalStateException.class);
    predictor.close();
    predictor.close();
    assertThatThrownBy(() -> predictor.logits(new float[4]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(TensorOwner.openCount()).isEqualTo(open);
  }

  @Test
  void logitsThatAreNotFiniteAreAnError() {
    try (Bundle bundle = Samples.tiny(1);
        Predictor predictor = bundle.predictor(1);
        Scope scope = Scope.open()) {
      bundle
          .network()
          .weights()
          .values()
          .forEach(w -> w.copyFrom(Tensors.full(Double.NaN, w.shape())));
      assertThatThrownBy(() -> predictor.predict(new float[4]))
          .isInstanceOf(HoldfastException.class)
          .hasMessageContaining("not finite");
    }
  }

  /** Callers get an answer or a clear refusal; memory is freed only after the last answer. */
  @Test
  void closingWaitsForCallsInProgress() throws Exception {
    float[] sample = samples(1)[0];
    for (int round = 0; round < 3; round++) {
      Bundle bundle = Samples.cnn(5);
      Predictor predictor = bundle.predictor(2);
      float[] expected = predictor.logits(sample);
      ExecutorService pool = Executors.newFixedThreadPool(8);
      CountDownLatch answered = new CountDownLatch(8);
      List<Future<Boolean>> results = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        results.add(pool.submit(() -> untilClosed(predictor, sample, expected, answered)));
      }
      assertThat(answered.await(60, TimeUnit.SECONDS)).isTrue();
      predictor.close();
      bundle.close();
      for (Future<Boolean> result : results) {
        assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
      }
      pool.shutdown();
    }
  }

  private static boolean untilClosed(
      Predictor predictor, float[] sample, float[] expected, CountDownLatch answered) {
    while (true) {
      try {
        if (!Arrays.equals(predictor.logits(sample), expected)) {
          return false;
        }
        answered.countDown();
      } catch (IllegalStateException e) {
        return String.valueOf(e.getMessage()).contains("predictor was used after it was closed");
      }
    }
  }
}
