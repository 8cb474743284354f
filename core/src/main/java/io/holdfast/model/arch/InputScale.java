package io.holdfast.model.arch;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.layer.Normalise;
import java.util.Collections;
import java.util.List;

/**
 * Normalisation of inputs within the model, {@code (x - mean) / std} for each channel, which every
 * architecture takes in the parameters {@code mean} (0) and {@code std} (1). It has no weights, and
 * what goes into the model stays in raw pixel units.
 *
 * @param mean one for each channel, or one for all; empty for 0
 * @param std likewise, above 0; empty for 1
 */
record InputScale(List<Double> mean, List<Double> std) {
  private static final String MEAN = "mean";
  private static final String STD = "std";
  private static final String NODE = "normalise";

  /** Reads the two parameters; problems go to the reader. */
  static InputScale read(SettingsReader settings) {
    return new InputScale(
        settings.numbers(MEAN, List.of(), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY),
        settings.numbers(STD, List.of(), Double.MIN_VALUE, Double.POSITIVE_INFINITY));
  }

  /** The plan's graph behind such a layer, its nodes as they were; the plan itself for none. */
  Family.Plan before(String name, Family.Plan plan) {
    if (mean.isEmpty() && std.isEmpty()) {
      return plan;
    }
    return (input, classes) -> {
      List<Double> means = each(name, MEAN, mean, 0, input);
      List<Double> deviations = each(name, STD, std, 1, input);
      return prepend(new Normalise(means, deviations), plan.build(input, classes));
    };
  }

  private static List<Double> each(
      String name, String key, List<Double> given, double usual, Shape input) {
    int channels = Math.toIntExact(input.size(0));
    if (given.size() > 1 && given.size() != channels) {
      throw new InvalidInputException(
          name,
          key,
          "one " + key + " for all channels or for each of the " + channels,
          given.size() + " of them");
    }
    return given.size() > 1
        ? given
        : Collections.nCopies(channels, given.isEmpty() ? Double.valueOf(usual) : given.get(0));
  }

  private static Graph prepend(Normalise layer, Graph graph) {
    Graph.Input input = graph.inputs().get(0);
    GraphBuilder g = Graph.builder(input.name());
    g.input(input.name(), input.type());
    g.add(NODE, layer);
    for (Graph.Node node : graph.nodes()) {
      List<String> from =
          node.inputs().stream().map(name -> name.equals(input.name()) ? NODE : name).toList();
      g.add(node.name(), node.layer(), from);
    }
    return g.output(graph.outputs().toArray(String[]::new)).build();
  }
}
