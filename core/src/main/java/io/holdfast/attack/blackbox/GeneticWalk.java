package io.holdfast.attack.blackbox;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** The generations of {@link GenAttack}; from the second on, member 0 is the fittest before. */
final class GeneticWalk extends Population {
  private static final int PLATEAU = 100;
  private static final double SHRINK = 0.9;

  private final GenAttack attack;
  private float[][] now; // [members][D]
  private float[][] after; // [members][D]
  private final double[] fitness; // [members]
  private int sinceFitter;
  private int plateaus;

  GeneticWalk(GenAttack attack, Canvas canvas, float[] clean, RandomGenerator random) {
    super(attack.population(), canvas, clean, random);
    this.attack = attack;
    now = new float[members][];
    for (int m = 0; m < members; m++) {
      now[m] = clean.clone();
      mutate(now[m], 1, 1);
    }
    after = new float[members][clean.length];
    fitness = new double[members];
  }

  @Override
  void render(int member) {
    System.arraycopy(now[member], 0, next, 0, next.length);
  }

  @Override
  void answer(int member, double loss) {
    fitness[member] = loss;
  }

  @Override
  int breed() {
    int fittest = 0;
    for (int m = 1; m < members; m++) {
      fittest = fitness[m] > fitness[fittest] ? m : fittest;
    }
    adapt(fittest > 0);
    double[] chance = chances(fitness[fittest]);
    System.arraycopy(now[fittest], 0, after[0], 0, clean.length);
    for (int m = 1; m < members; m++) {
      int one = select(chance);
      int other = select(chance);
      cross(now[one], now[other], chance[one] / (chance[one] + chance[other]), after[m]);
      mutate(after[m], rate(), range());
    }
    fitness[0] = fitness[fittest];
    float[][] free = now;
    now = after;
    after = free;
    return 1;
  }

  private void adapt(boolean fitter) {
    sinceFitter = fitter ? 0 : sinceFitter + 1;
    if (sinceFitter == PLATEAU) {
      plateaus++;
      sinceFitter = 0;
    }
  }

  private double rate() {
    return attack.adaptive()
        ? Math.max(0.1, 0.5 * Math.pow(SHRINK, plateaus))
        : attack.mutationRate();
  }

  private double range() {
    return attack.adaptive()
        ? Math.max(0.15, 0.4 * Math.pow(SHRINK, plateaus))
        : attack.mutationRange();
  }

  /** Softmax of the fitness over the temperature, {@code [members]}. */
  private double[] chances(double highest) {
    double[] chance = new double[members];
    Arrays.setAll(chance, m -> Math.exp((fitness[m] - highest) / attack.temperature()));
    double sum = Arrays.stream(chance).sum();
    Arrays.setAll(chance, m -> Math.max(chance[m] / sum, Double.MIN_NORMAL));
    return chance;
  }

  private int select(double[] chance) {
    double left = random.nextDouble();
    for (int m = 0; m < members; m++) {
      left -= chance[m];
      if (left < 0) {
        return m;
      }
    }
    return members - 1;
  }

  /** Each value from {@code one} with this probability, else from {@code other}. */
  private void cross(float[] one, float[] other, double probability, float[] child) {
    long below = (long) (probability * (1L << 32)) + Integer.MIN_VALUE;
    for (int i = 0; i < child.length; i++) {
      child[i] = random.nextInt() < below ? one[i] : other[i];
    }
  }

  /** Values mutate independently; the gaps between those that do are geometric. */
  private void mutate(float[] child, double rate, double range) {
    double span = range * canvas.epsilon();
    double log = Math.log1p(-Math.min(rate, 1 - 1e-12));
    for (long i = gap(rate, log); i < child.length; i += 1 + gap(rate, log)) {
      int at = (int) i;
      double value = child[at] + span * (2 * random.nextDouble() - 1);
      double inside =
          Math.min(clean[at] + canvas.epsilon(), Math.max(clean[at] - canvas.epsilon(), value));
      child[at] = canvas.clamp(inside);
    }
  }

  private long gap(double rate, double log) {
    if (rate >= 1) {
      return 0;
    }
    return rate <= 0 ? Integer.MAX_VALUE : (long) (Math.log1p(-random.nextDouble()) / log);
  }
}
