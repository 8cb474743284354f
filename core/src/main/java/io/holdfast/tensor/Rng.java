package io.holdfast.tensor;

import io.holdfast.common.Seed;
import java.util.List;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A generator of random tensors, made from a {@link Seed}; there is no global one. It belongs to
 * the innermost open scope. The same seed gives the same numbers on any number of workers. Numbers
 * are drawn on the processor, so that they are the same whatever device they are moved to.
 *
 * <p>LibTorch's generator takes up the low 32 bits of a seed alone, so that of 2^16 seeds two draw
 * the same numbers with a chance of two in five: enough for random starts, not for what counts
 * draws as independent by the million. There {@link Seed#generator} has all bits.
 */
public final class Rng {
  private final Scope scope = Scope.current();
  private final Generator source;
  private final GeneratorOptional generator;

  private Rng(long seed) {
    source = torch.createCPUGenerator(seed);
    generator = new GeneratorOptional(source);
  }

  public static Rng of(Seed seed) {
    return new Rng(seed.bits());
  }

  /** From here on the numbers of {@link #of} this seed; less work than another generator. */
  public void restart(Seed seed) {
    scope.requireOpen("a generator");
    source.set_current_seed(seed.bits());
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

  /**
   * Normal with mean 0 and standard deviation 1, float32 {@code [n, shape]}: each row as {@link
   * #normal} draws it from its own seed.
   *
   * @param seeds n of them
   * @param shape of a row
   */
  public static Tensor normalRows(List<Seed> seeds, long... shape) {
    long[] all = new long[shape.length + 1];
    all[0] = seeds.size();
    System.arraycopy(shape, 0, all, 1, shape.length);
    Tensor rows = Tensors.empty(DType.FLOAT32, all);
    try (Scope scope = Scope.open()) {
      Rng rng = new Rng(0); // restarted for each row
      for (int i = 0; i < seeds.size(); i++) {
        rng.restart(seeds.get(i));
        rows.select(0, i).handle().normal_(0, 1, rng.generator());
      }
    }
    return rows;
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
