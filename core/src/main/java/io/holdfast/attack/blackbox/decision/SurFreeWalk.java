package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;
import java.util.ArrayDeque;
import java.util.Deque;

/** {@link SurFree} around one sample. Angles are in radians. D values of an input. */
final class SurFreeWalk extends Walk {
  private static final double ROUGH = 1e-3; // of the first way to the boundary
  private static final double KAPPA = 0.02; // by which the largest angle changes
  private static final double GAIN = 0.01; // of the distance, below which halving ends
  private static final int HALVINGS = 10;
  private static final double WHOLE = Math.PI / 2;
  private static final double LEAST = 1e-4;

  private final SurFree settings;
  private final Directions directions;
  private final Deque<float[]> memory = new ArrayDeque<>(); // unit vectors
  private double widest;
  private float[] here; // [D], reaches the goal
  private double distance;
  private float[] u; // [D], from the clean input to here
  private float[] v; // [D], orthogonal to it

  SurFreeWalk(Site site, SurFree settings) {
    super(site);
    this.settings = settings;
    widest = Math.toRadians(settings.widest());
    Frequencies low = new Frequencies(space, settings.frequencies());
    float[] sizes = sizes(low.of(clean));
    directions =
        Directions.of(
            site.seed().split("directions"),
            space.size(),
            (rng, count) -> low.ternary(rng, count, sizes));
    here = clean;
    u = clean;
    v = clean;
  }

  /** Frequencies that the input has are changed most: tanh of their sizes (section 5.2). */
  private static float[] sizes(float[] coefficients) {
    float[] sizes = new float[coefficients.length];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = (float) Math.max(LEAST, Math.tanh(Math.abs(coefficients[i])));
    }
    return sizes;
  }

  @Override
  Step from(float[] start) {
    Trail line = Trail.line(space, clean, start);
    return bisect(line, 0, 1, ROUGH, amount -> move(line.at(amount)));
  }

  private Step move(float[] point) {
    here = point;
    distance = space.distance(clean, here);
    if (distance == 0) {
      return Step.END;
    }
    u = Vectors.normalise(Norm.L2, Vectors.difference(here, clean));
    return turn();
  }

  /** Looks along another circle, the widest angles first, the two sides in turn. */
  private Step turn() {
    v = directions.next();
    Vectors.remove(v, u);
    memory.forEach(old -> Vectors.remove(v, old));
    Vectors.remove(v, u);
    Vectors.normalise(Norm.L2, v);
    memory.addLast(v);
    if (memory.size() > settings.memory()) {
      memory.removeFirst();
    }
    return look(0);
  }

  /**
   * The point of the circle at this angle from the present direction, at the distance at which a
   * flat boundary through {@link #here} would be nearest (equation 9).
   */
  private float[] at(double angle) {
    double along = distance * Math.cos(angle);
    float[] change = new float[u.length];
    for (int i = 0; i < change.length; i++) {
      change[i] = (float) (along * (Math.cos(angle) * u[i] + Math.sin(angle) * v[i]));
    }
    return space.along(clean, change, 1);
  }

  private Step look(int number) {
    if (number == 2 * settings.angles()) {
      widest = Math.max(LEAST, widest * (1 - KAPPA));
      return turn();
    }
    double size = widest * (settings.angles() - (number / 2)) / settings.angles();
    double angle = number % 2 == 0 ? size : -size;
    return Step.ask(at(angle), reached -> reached ? found(angle, number < 2) : look(number + 1));
  }

  /**
   * Goes on to larger angles where the widest was enough, and halves.
   *
   * @param unbounded whether no larger angle is known to fail
   */
  private Step found(double angle, boolean unbounded) {
    double next = angle + Math.signum(angle) * widest / settings.angles();
    if (!unbounded) {
      return refine(angle, next, HALVINGS);
    }
    if (Math.abs(next) >= WHOLE) {
      return accept(angle);
    }
    return Step.ask(
        at(next), reached -> reached ? found(next, true) : refine(angle, next, HALVINGS));
  }

  /** Halves between an angle that reaches the goal and a larger one that does not. */
  private Step refine(double yes, double no, int more) {
    if (more == 0 || Math.abs(Math.cos(yes) - Math.cos(no)) <= GAIN) {
      return accept(yes);
    }
    double middle = (yes + no) / 2;
    return Step.ask(
        at(middle),
        reached -> reached ? refine(middle, no, more - 1) : refine(yes, middle, more - 1));
  }

  private Step accept(double angle) {
    widest = Math.min(WHOLE / 2, widest / (1 - KAPPA));
    float[] point = at(angle);
    return space.distance(clean, point) < distance ? move(point) : turn();
  }
}
