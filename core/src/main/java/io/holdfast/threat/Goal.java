package io.holdfast.threat;

/** What the attacker wants the model to answer. */
public sealed interface Goal {
  /** Any class but the true one. */
  record AnyWrong() implements Goal {
    @Override
    public String key() {
      return "any-wrong";
    }

    @Override
    public String describe() {
      return "any wrong class";
    }
  }

  /**
   * One given class; samples of that class cannot be attacked.
   *
   * @param target the class, from 0
   */
  record TargetClass(int target) implements Goal {
    @Override
    public String key() {
      return "class:" + target;
    }

    @Override
    public String describe() {
      return "class " + target;
    }
  }

  /** For each sample, the class with the smallest clean logit but the true one. */
  record LeastLikely() implements Goal {
    @Override
    public String key() {
      return "least-likely";
    }

    @Override
    public String describe() {
      return "the class that the model finds least likely";
    }
  }

  /** The name in files: {@code any-wrong}, {@code class:3}, {@code least-likely}. */
  String key();

  /** In plain words, to follow "the attacker wants". */
  String describe();

  /** Whether one particular class is wanted. */
  default boolean targeted() {
    return !(this instanceof AnyWrong);
  }

  /** Any class but the true one. */
  static Goal anyWrong() {
    return new AnyWrong();
  }

  /** One given class, from 0. */
  static Goal target(int target) {
    return new TargetClass(target);
  }

  /** The class that the model finds least likely. */
  static Goal leastLikely() {
    return new LeastLikely();
  }
}
