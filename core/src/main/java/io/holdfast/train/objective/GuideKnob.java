package io.holdfast.train.objective;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Axis;
import io.holdfast.attack.Knob;
import io.holdfast.common.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The setting that names the bundle of another model; in files it is required.
 *
 * @param role its key
 * @param meaning one phrase
 * @param beside whether it may be trained beside instead, as {@code beside} says in files
 */
public record GuideKnob<O>(
    String role,
    String meaning,
    boolean beside,
    Function<O, Guide> get,
    BiFunction<O, Guide, O> with)
    implements Knob<O> {
  /** Of a finished model. */
  public GuideKnob(
      String role, String meaning, Function<O, Guide> get, BiFunction<O, Guide, O> with) {
    this(role, meaning, false, get, with);
  }

  @Override
  public List<AttackSpec.Parameter> describe(O usual) {
    return List.of(AttackSpec.Parameter.inWords(role, AttackSpec.Parameter.REQUIRED, meaning));
  }

  @Override
  public O read(SettingsReader section, O soFar) {
    String value = section.text(role);
    boolean trained = beside && value.equals(Guide.BESIDE);
    return with.apply(soFar, trained ? Guide.beside(role) : get.apply(soFar).from(value));
  }

  @Override
  public O write(O objective, O soFar, Map<String, String> arguments) {
    return objective; // objectives are not written as texts
  }

  /** Nothing that a search over an attack's settings could try. */
  @Override
  public List<Axis> axes(O objective) {
    return List.of();
  }
}
