package io.holdfast.tensor;

import io.holdfast.common.Seed;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A generator of random tensors, made from a {@link Seed}; there is no global one. It belongs to
 * the innermost open scope. The same seed gives the same numbers on any number of workers. Numbers
 * are drawn on the processor, so that they are the same whatever device they are moved to.
 */
public final class Rng {
  private final Scope scope = Scope.current();
  private final GeneratorOptional generator;

  private Rng(long seed) {
    Generator g = torch.createCPUGenerator(seed);
    generator = new GeneratorOptional(g);
  }

  public static Rng of(Seed seed) {
    return new Rng(seed.bits());
  }

  private GeneratorOptional generator() {
    scope.requireOpen("a generator");
    return generator;
  }

  /** Uniform in [low, high), float32. */
  public Tensor uniform(double low, double high, long... shape) {
    Tensor t = Tensors.empty(DType.FLOAT32, shape);
    t.handle().uniform_(low, high, generator());
    return t;
  }

  /** Normal with mean 0 and standard deviation 1, float32. */
  public Tensor normal(long... shape) {
    Tensor t = Tensors.empty(DType.FLOAT32, shape);
    t.handle().normal_(0, 1, generator());
    return t;
  }

  /** 1 with this probability, else 0; float32. */
  public Tensor bernoulli(double probability, long... shape) {
    Tensor t = Tensors.empty(DType.FLOAT32, shape);
    t.handle().bernoulli_(probability, generator());
    return t;
  }

  /** Whole numbers from 0 to {@code bound} (excluded), int64. */
  public Tensor integers(long bound, long... shape) {
    return Tensor.made(torch.randint(bound, shape, generator(), Tensors.options(DType.INT64)));
  }

  /** A random order of 0 .. n-1, int64. */
  public Tensor permutation(long n) {
    return Tensor.made(torch.randperm(n, generator(), Tensors.options(DType.INT64)));
  }
}
