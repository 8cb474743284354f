package io.holdfast.testkit.fuzz;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Damages bytes as disks, editors and programs do. */
public final class Damage {
  private Damage() {}

  /** One to four changes: bits, bytes, stretches cut, doubled or filled, the end cut off. */
  public static byte[] of(byte[] content, RandomGenerator random) {
    byte[] bytes = content.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes && bytes.length > 0; i++) {
      int reach = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 128);
      int at = random.nextInt(reach);
      int length = Math.min(bytes.length - at, 1 + random.nextInt(16));
      switch (random.nextInt(7)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> Arrays.fill(bytes, at, at + length, (byte) (random.nextBoolean() ? -1 : 0));
        case 3 -> bytes = Arrays.copyOf(bytes, at);
        case 4 -> bytes = splice(bytes, at, at + length, new byte[0]);
        case 5 -> bytes = splice(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
        default -> bytes[at] = (byte) "0123456789-.,eE\n\"{}[]nNaA".charAt(random.nextInt(25));
      }
    }
    return bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] instead) {
    byte[] out = new byte[bytes.length - (to - from) + instead.length];
    System.arraycopy(bytes, 0, out, 0, from);
    System.arraycopy(instead, 0, out, from, instead.length);
    System.arraycopy(bytes, to, out, from + instead.length, bytes.length - to);
    return out;
  }
}
