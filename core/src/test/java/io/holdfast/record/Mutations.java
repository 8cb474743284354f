package io.holdfast.record;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damages bytes as disks and programs do. */
public final class Mutations {
  private Mutations() {}

  /** One to four of: a flipped bit, another byte, a cut, a removed or doubled or zeroed range. */
  public static byte[] of(byte[] bytes, RandomGenerator random) {
    byte[] mutated = bytes.clone();
    int times = 1 + random.nextInt(4);
    for (int i = 0; i < times && mutated.length > 0; i++) {
      mutated = once(mutated, random);
    }
    return mutated;
  }

  private static byte[] once(byte[] bytes, RandomGenerator random) {
    int from = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, from + 1 + random.nextInt(64));
    switch (random.nextInt(6)) {
      case 0 -> bytes[from] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[from] = (byte) random.nextInt(256);
      case 2 -> Arrays.fill(bytes, from, to, (byte) 0);
      case 3 -> {
        return Arrays.copyOf(bytes, from);
      }
      case 4 -> {
        return join(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
      }
      default -> {
        return join(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, from, bytes.length));
      }
    }
    return bytes;
  }

  private static byte[] join(byte[] head, byte[] tail) {
    byte[] joined = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, joined, head.length, tail.length);
    return joined;
  }
}
