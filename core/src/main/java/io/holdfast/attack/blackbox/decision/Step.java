package io.holdfast.attack.blackbox.decision;

import java.util.List;
import java.util.function.Function;

/**
 * What a walk does next: it asks about some points and goes on with the answers. Nested loops of an
 * algorithm become functions that give steps, so that the walks of many samples can be asked
 * together.
 *
 * @param points {@code [D]} each, inside the domain; none where the walk has ended
 * @param then the next step, given for each point whether it reaches the goal
 */
record Step(List<float[]> points, Function<boolean[], Step> then) {
  /** The walk is over. */
  static final Step END = new Step(List.of(), answers -> ended());

  private static Step ended() {
    return END;
  }

  /** One question. */
  static Step ask(float[] point, Answer then) {
    return new Step(List.of(point), answers -> then.hear(answers[0]));
  }

  /** What follows from one answer. */
  @FunctionalInterface
  interface Answer {
    /**
     * The next step.
     *
     * @param reached whether the point reaches the goal
     */
    Step hear(boolean reached);
  }
}
