package io.holdfast.model.arch;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Shape;
import java.util.List;

/**
 * An architecture whose input and number of classes are still open; made by {@link Architectures}.
 */
public final class Blueprint {
  private final String name;
  private final Family family;
  private final Initialisation initialisation;
  private final Family.Plan plan;

  Blueprint(String name, Family family, Initialisation initialisation, Family.Plan plan) {
    this.name = name;
    this.family = family;
    this.initialisation = initialisation;
    this.plan = plan;
  }

  /** The name with the parameters given; {@link Architectures#parse(String)} reads it back. */
  public String name() {
    return name;
  }

  /** The input that this architecture was made for, {@code [C, H, W]}. */
  public Shape defaultInput() {
    return family.defaultInput();
  }

  Family family() {
    return family;
  }

  /**
   * The architecture for these inputs and classes.
   *
   * @param input shape of one sample, such as {@code [C, H, W]}
   * @param classes at least 2
   * @throws InvalidInputException if it cannot take such inputs
   */
  public Architecture build(Shape input, int classes) {
    if (classes < 2) {
      throw new InvalidInputException(name, "classes", "at least 2", String.valueOf(classes));
    }
    return new Architecture(name, graph(input, classes), initialisation, family.names());
  }

  /** What a layer inside does not take is told as what it means: inputs that do not fit. */
  private Graph graph(Shape input, int classes) {
    try {
      return plan.build(input, classes);
    } catch (InvalidInputException e) {
      Problem first = e.problems().get(0);
      if (!first.field().endsWith("input")) {
        throw e;
      }
      String inside =
          first.source() + ": expected " + first.expected() + ", found " + first.found();
      Problem whole =
          new Problem(name, "input", "samples that " + name + " can take", input + "", inside);
      throw new InvalidInputException(List.of(whole), e);
    }
  }
}
