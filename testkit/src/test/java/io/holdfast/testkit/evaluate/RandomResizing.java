package io.holdfast.testkit.evaluate;

import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Images resized at random to a side of 28 to 30, then padded with zeros at random to 31, anew at
 * each call, as published (Xie et al. 2018, section 3.2: by a tenth at most, the nearest pixel, one
 * draw for a batch), before a model that knows what classes look like wherever they are placed, and
 * sees fine textures too: a fast sine of one random pattern of pixels for each class. The textures
 * hardly change a logit but rule its gradient, and where the image is placed turns that about: what
 * one pass tells is mostly noise, and what many tell on average is not.
 *
 * <p>Shapes: N images, K classes, S = 31.
 */
final class RandomResizing implements Classifier {
  private static final int LEAST = 28;
  private static final int SIDE = 31;
  private static final int PLACES = 100;
  private static final double GAIN = 10; // of the logits that know classes
  private static final double TEXTURE = 0.7; // in logits
  private static final double FINENESS = 5; // of textures

  private final Tensor classes; // [K, S S]
  private final Tensor patterns; // [S S, K]
  private final AtomicLong calls = new AtomicLong();

  /** Its tensors live as long as the owner. */
  RandomResizing(SharedScope owner) {
    Tensor means = means(FashionMnist.train().first(2000)); // [K, 1, 28, 28]
    Tensor sum = Tensors.zeros(means.size(0), SIDE * SIDE); // [K, S S]
    for (int i = 0; i < PLACES; i++) {
      Tensor placed = placed(means, new Seed(77).split(i).generator()); // [K, 1, S, S]
      sum.addInPlace(placed.reshape(means.size(0), -1));
    }
    classes = owner.adopt(sum.mul(1.0 / PLACES));
    patterns = owner.adopt(Rng.of(new Seed(3)).normal(SIDE * SIDE, means.size(0)));
  }

  private static Tensor means(Dataset train) {
    int size = train.info().sampleSize();
    int[] counts = train.classCounts();
    float[] means = new float[counts.length * size];
    for (int i = 0; i < train.size(); i++) {
      float[] one = train.read(i);
      for (int d = 0; d < size; d++) {
        means[train.label(i) * size + d] += one[d] / counts[train.label(i)];
      }
    }
    return Tensors.of(means, counts.length, 1, LEAST, LEAST);
  }

  @Override
  public int classes() {
    return (int) classes.size(0);
  }

  @Override
  public long[] inputShape() {
    return new long[] {1, 28, 28};
  }

  @Override
  public boolean stochastic() {
    return true;
  }

  @Override
  public Tensor logits(Tensor x) {
    Tensor seen = placed(x, new Seed(5).split(calls.getAndIncrement()).generator());
    Tensor flat = seen.reshape(x.size(0), -1); // [N, S S]
    Tensor near = flat.matmul(classes.transpose(0, 1)); // [N, K]
    Tensor size = classes.square().sum(1).mul(0.5); // [K]
    Tensor waves = flat.matmul(patterns).mul(FINENESS).sin(); // [N, K]
    return near.sub(size).mul(GAIN).add(waves.mul(TEXTURE)); // [N, K]
  }

  /** {@code [N, 1, 28, 28]} resized and padded: {@code [N, 1, S, S]}. */
  private static Tensor placed(Tensor x, RandomGenerator random) {
    int size = random.nextInt(LEAST, SIDE);
    int top = random.nextInt(SIDE - size + 1);
    int left = random.nextInt(SIDE - size + 1);
    Tensor resized = Nn.upsampleNearest(x, size, size); // [N, 1, size, size]
    Tensor wide = padded(resized, 3, left, SIDE - size - left); // [N, 1, size, S]
    return padded(wide, 2, top, SIDE - size - top);
  }

  private static Tensor padded(Tensor x, int dim, int before, int after) {
    return Tensors.cat(List.of(zeros(x, dim, before), x, zeros(x, dim, after)), dim);
  }

  private static Tensor zeros(Tensor x, int dim, int count) {
    long[] shape = x.shape();
    shape[dim] = count;
    return Tensors.zeros(shape);
  }
}
