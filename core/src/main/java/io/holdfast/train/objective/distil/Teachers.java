package io.holdfast.train.objective.distil;

import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.GuideKnob;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The setting that all distillation has. */
final class Teachers {
  private Teachers() {}

  static <O> GuideKnob<O> of(Function<O, Guide> get, BiFunction<O, Guide, O> with) {
    return new GuideKnob<>("teacher", "bundle of the model to learn from", get, with);
  }
}
