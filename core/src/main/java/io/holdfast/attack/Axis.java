package io.holdfast.attack;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The values that a search tries for one setting of an attack. Sizes are drawn evenly by their
 * logarithms (Bergstra and Bengio 2012, section 2).
 */
public sealed interface Axis {
  /** How many times smaller or larger than the present value the values are that are tried. */
  int REACH = 8;

  /** The setting's key. */
  String key();

  /** A value as it is written in a text. */
  String draw(RandomGenerator random);

  /** From the least to the largest of both; this alone where they are about different things. */
  Axis joined(Axis other);

  /**
   * Some words.
   *
   * @param values at least one
   */
  record Words(String key, List<String> values) implements Axis {
    public Words {
      values = List.copyOf(values);
    }

    @Override
    public String draw(RandomGenerator random) {
      return values.get(random.nextInt(values.size()));
    }

    @Override
    public Axis joined(Axis other) {
      return this;
    }
  }

  /**
   * Whole numbers.
   *
   * @param low the least, at least 0
   * @param high the largest, at least {@code low}
   * @param odd whether even ones are left out
   * @param size whether they are drawn evenly by the logarithms of their successors
   */
  record Whole(String key, int low, int high, boolean odd, boolean size) implements Axis {
    /** Sizes. */
    public Whole(String key, int low, int high, boolean odd) {
      this(key, low, high, odd, true);
    }

    /** Around a value that lies in [least, most]. */
    static Whole around(String key, int value, int least, int most, boolean odd) {
      long high = Math.min(most, (long) REACH * Math.max(1, value));
      return new Whole(key, Math.max(least, value / REACH), (int) Math.max(least, high), odd);
    }

    @Override
    public String draw(RandomGenerator random) {
      double from = onScale(low + 1.0);
      double to = onScale(high + 2.0);
      double at = from + random.nextDouble() * (to - from);
      long drawn = (long) (size ? Math.exp(at) : at) - 1;
      long inside = Math.max(low, Math.min(high, drawn));
      long even = inside % 2 == 0 ? 1 : 0;
      return Long.toString(odd ? (inside == high ? inside - even : inside + even) : inside);
    }

    private double onScale(double value) {
      return size ? Math.log(value) : value;
    }

    @Override
    public Axis joined(Axis other) {
      return other instanceof Whole o && o.key.equals(key) && o.size == size
          ? new Whole(key, Math.min(low, o.low), Math.max(high, o.high), odd, size)
          : this;
    }
  }

  /**
   * Numbers of three digits.
   *
   * @param low the least
   * @param high the largest, at least {@code low}
   * @param size whether they are sizes above 0, drawn evenly by their logarithms
   */
  record Numbers(String key, double low, double high, boolean size) implements Axis {
    private static final MathContext DIGITS = new MathContext(3);

    /**
     * Around a value that lies in [least, most]; from a value that is not above 0, which has no
     * size, evenly up to 1.
     */
    static Numbers around(String key, double value, double least, double most) {
      return value > 0
          ? new Numbers(key, Math.max(least, value / REACH), Math.min(most, value * REACH), true)
          : new Numbers(key, least, Math.max(value, Math.min(most, 1)), false);
    }

    @Override
    public String draw(RandomGenerator random) {
      double part = random.nextDouble();
      double drawn = size ? low * Math.pow(high / low, part) : low + part * (high - low);
      double rounded = new BigDecimal(drawn).round(DIGITS).doubleValue();
      return Double.toString(Math.max(low, Math.min(high, rounded)));
    }

    @Override
    public Axis joined(Axis other) {
      return other instanceof Numbers o && o.key.equals(key) && o.size == size
          ? new Numbers(key, Math.min(low, o.low), Math.max(high, o.high), size)
          : this;
    }
  }
}
