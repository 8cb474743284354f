package io.holdfast.model.graph;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import java.util.Collection;

/** Messages about names that nothing has. */
final class Names {
  private Names() {}

  static InvalidInputException unknown(String what, String name, Collection<String> known) {
    return new InvalidInputException(
        "", what, "the name of a " + what, '"' + name + '"', Nearest.hint(name, known));
  }
}
