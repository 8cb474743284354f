package io.holdfast.attack.blackbox.decision;

import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/**
 * {@link SignOpt} around one sample. The distance g to the boundary is a function of the direction,
 * which has length 1 in the norm. D values of an input.
 */
final class SignOptWalk extends Walk {
  private static final int VALUES = 1 << 16; // per step
  private static final int MOST = 64; // questions per step
  private static final int STEPS = 15; // of a line search, each way
  private static final double GROW = 2;
  private static final double SHRINK = 0.25;
  private static final double LEAST_ALPHA = 1e-4; // where neighbours come nearer instead
  private static final double FRESH_ALPHA = 1;
  private static final double BETA_SHRINK = 0.1;
  private static final double ACCURACY = 500; // parts of beta
  private static final double FIRST_LOOK = 0.01; // of the distance

  private final SignOpt settings;
  private final Directions directions;
  private double alpha;
  private double beta;
  private float[] theta; // [D], the direction
  private double far; // g(theta)

  SignOptWalk(Site site, SignOpt settings) {
    super(site);
    this.settings = settings;
    directions = Directions.normal(site.seed().split("directions"), space.size());
    alpha = settings.alpha();
    beta = settings.beta();
    theta = clean;
  }

  @Override
  Step from(float[] start) {
    theta = Vectors.normalise(space.norm(), Vectors.difference(start, clean));
    double whole = space.distance(clean, start);
    return bisect(
        ray(theta),
        0,
        whole,
        tolerance() * whole,
        length -> {
          far = length;
          return descend();
        });
  }

  private Trail ray(float[] direction) {
    return Trail.ray(space, clean, direction);
  }

  /** Of distances, relative. */
  private double tolerance() {
    return beta / ACCURACY;
  }

  private Step descend() {
    float[] slope = new float[theta.length];
    return settings.kind() == SignOpt.Kind.SIGN
        ? signs(slope, settings.neighbours())
        : values(slope, settings.neighbours());
  }

  private float[] neighbour(float[] u) {
    return unit(Vectors.sum(theta, u, beta));
  }

  /**
   * Brings a changed direction back to length 1. In L-infinity values beyond it are cut off: to
   * shorten all for the sake of the largest would undo the change of the others.
   */
  private float[] unit(float[] direction) {
    for (int i = 0; i < direction.length && space.norm() == Norm.LINF; i++) {
      direction[i] = Math.max(-1, Math.min(1, direction[i]));
    }
    return Vectors.normalise(space.norm(), direction);
  }

  private float[] draw() {
    return Vectors.normalise(space.norm(), directions.next());
  }

  /** One query per neighbour: is the boundary nearer there? (Cheng et al. 2020, equation 4) */
  private Step signs(float[] slope, int more) {
    if (more == 0) {
      return search(slope);
    }
    int now = Math.min(more, Math.max(1, Math.min(MOST, VALUES / slope.length)));
    List<float[]> us = new ArrayList<>(now);
    List<float[]> points = new ArrayList<>(now);
    for (int i = 0; i < now; i++) {
      us.add(draw());
      points.add(ray(neighbour(us.get(i))).at(far));
    }
    return new Step(
        points,
        answers -> {
          for (int i = 0; i < now; i++) {
            Vectors.add(slope, us.get(i), (answers[i] ? -1.0 : 1.0) / settings.neighbours());
          }
          return signs(slope, more - now);
        });
  }

  /** The distance of each neighbour, measured (Cheng et al. 2019, equation 6). */
  private Step values(float[] slope, int more) {
    if (more == 0) {
      return search(slope);
    }
    float[] u = draw();
    return measure(
        neighbour(u),
        length -> {
          Vectors.add(slope, u, (length - far) / beta / settings.neighbours());
          return values(slope, more - 1);
        });
  }

  /** The distance in another direction, near to the present one or twice as far at most. */
  private Step measure(float[] direction, DoubleFunction<Step> then) {
    Trail ray = ray(direction);
    return Step.ask(
        ray.at(far),
        reached ->
            reached ? lower(ray, far, FIRST_LOOK, then) : higher(ray, far, FIRST_LOOK, then));
  }

  /** Looks ever farther below a length that reaches the goal, then halves. */
  private Step lower(Trail ray, double yes, double look, DoubleFunction<Step> then) {
    double next = Math.max(0, yes - look * far);
    if (next == 0) {
      return bisect(ray, 0, yes, tolerance() * far, then);
    }
    return Step.ask(
        ray.at(next),
        reached ->
            reached
                ? lower(ray, next, GROW * look, then)
                : bisect(ray, next, yes, tolerance() * far, then));
  }

  private Step higher(Trail ray, double no, double look, DoubleFunction<Step> then) {
    double next = no + look * far;
    if (next > GROW * far) {
      return then.apply(GROW * far);
    }
    return Step.ask(
        ray.at(next),
        reached ->
            reached
                ? bisect(ray, no, next, tolerance() * far, then)
                : higher(ray, next, GROW * look, then));
  }

  // ---- line search

  /** Goes on with {@code nearer} where the boundary is nearer in that direction. */
  private Step improve(float[] direction, DoubleFunction<Step> nearer, Supplier<Step> otherwise) {
    Trail ray = ray(direction);
    double length = far * (1 - tolerance());
    return Step.ask(
        ray.at(length),
        reached -> reached ? lower(ray, length, FIRST_LOOK, nearer) : otherwise.get());
  }

  private Step search(float[] slope) {
    float[] base = theta;
    return grow(base, slope, STEPS, () -> shrink(base, slope, STEPS));
  }

  private float[] stepped(float[] base, float[] slope) {
    return unit(Vectors.sum(base, slope, -alpha));
  }

  /** Steps twice as long as long as each brings the boundary nearer. */
  private Step grow(float[] base, float[] slope, int tries, Supplier<Step> otherwise) {
    if (tries == 0) {
      return descend();
    }
    float[] direction = stepped(base, slope);
    return improve(
        direction,
        length -> {
          theta = direction;
          far = length;
          alpha *= GROW;
          return grow(base, slope, tries - 1, this::descend);
        },
        otherwise);
  }

  /** Shorter steps until one brings the boundary nearer. */
  private Step shrink(float[] base, float[] slope, int tries) {
    alpha *= SHRINK;
    if (tries == 0 || alpha < LEAST_ALPHA) {
      alpha = FRESH_ALPHA;
      beta = Math.max(SignOpt.LEAST_BETA, beta * BETA_SHRINK);
      return descend();
    }
    float[] direction = stepped(base, slope);
    return improve(
        direction,
        length -> {
          theta = direction;
          far = length;
          return descend();
        },
        () -> shrink(base, slope, tries - 1));
  }
}
