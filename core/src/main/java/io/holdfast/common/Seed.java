package io.holdfast.common;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/**
 * A point in a tree of random streams. There is no global generator: each consumer splits its own
 * seed by purpose, epoch and sample id, for instance {@code
 * seed.split("start").split(epoch).split(sampleId)}, so that streams depend on neither order nor
 * timing.
 *
 * <p>The algorithm is frozen; tests hold golden values. With {@code mix} the 64-bit finaliser of
 * SplitMix64 (Steele, Lea and Flood 2014, section 5; Stafford's variant 13), {@code G =
 * 0x9e3779b97f4a7c15} and {@code fnv} the 64-bit FNV-1a hash of the UTF-8 bytes:
 *
 * <pre>
 * split(long n)    = mix(mix(value ^ 0x6a09e667f3bcc908) + G * n)
 * split(String p)  = mix(mix(value ^ 0xbb67ae8584caa73b) + mix(fnv(p)))
 * bits()           = mix(value ^ 0x3c6ef372fe94f82b)
 * generator()      = xoshiro256++ with state word i = mix(mix(value ^ 0xa54ff53a5f1d36f1) + G * (i + 1))
 * </pre>
 *
 * The children of one seed by number never collide: the map is a bijection.
 *
 * @param value any 64 bits; small numbers such as 7 are as good as any
 */
public record Seed(long value) {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private static final long BY_NUMBER = 0x6a09e667f3bcc908L;
  private static final long BY_PURPOSE = 0xbb67ae8584caa73bL;
  private static final long BITS = 0x3c6ef372fe94f82bL;
  private static final long GENERATOR = 0xa54ff53a5f1d36f1L;

  /** The child for a named purpose, such as {@code "shuffle"}. */
  public Seed split(String purpose) {
    return new Seed(mix(mix(value ^ BY_PURPOSE) + mix(fnv(purpose))));
  }

  /** The child with number {@code n}, such as an epoch, a step or a sample id. */
  public Seed split(long n) {
    return new Seed(mix(mix(value ^ BY_NUMBER) + GOLDEN * n));
  }

  /** 64 well-mixed bits, to seed a foreign generator, which may use fewer of them. */
  public long bits() {
    return mix(value ^ BITS);
  }

  /**
   * A fresh generator whose output is the same in every version and on every platform; not
   * thread-safe.
   */
  public RandomGenerator generator() {
    long base = mix(value ^ GENERATOR);
    long[] state = new long[4];
    for (int i = 0; i < state.length; i++) {
      state[i] = mix(base + GOLDEN * (i + 1));
    }
    return new FixedRandom(state[0], state[1], state[2], state[3]);
  }

  /** A uniformly random order of {@code 0 .. n-1} (Fisher-Yates). */
  public int[] permutation(int n) {
    RandomGenerator random = generator();
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static long mix(long bits) {
    long z = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private static long fnv(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }
}
