package io.holdfast.testkit.graph;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Initialiser;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Random classifiers of images: straight lines of convolutions, activations, norms and pools with
 * residual sums, concatenations and slices in between, then linear layers. The same seed gives the
 * same graph.
 */
public final class RandomGraphs {
  private RandomGraphs() {}

  /** Several graphs, all different. */
  public static List<Graph> many(Seed seed, int count) {
    return IntStream.range(0, count).mapToObj(i -> next(seed.split(i))).toList();
  }

  /**
   * One graph with the input {@code [C, H, W]}, C from 1 to 4, H and W from 6 to 13, and one output
   * of 2 to 6 logits.
   */
  public static Graph next(Seed seed) {
    GraphBuilder builder = Graph.builder("random graph " + seed.value());
    RandomLayers layers = new RandomLayers(seed.generator(), builder);
    layers.input();
    int length = 2 + layers.pick(7);
    for (int i = 0; i < length; i++) {
      layers.addImageLayer();
    }
    layers.addHead();
    return builder.output(builder.last()).build();
  }

  /** A network of the graph whose norms have random factors, summands and running statistics. */
  public static Network network(Graph graph, Seed seed) {
    return Network.initialise(graph, EVERYTHING_RANDOM, seed);
  }

  /** Types of what a graph takes. */
  public static TensorType input(Graph graph) {
    return graph.inputs().get(0).type();
  }

  private static final Initialisation EVERYTHING_RANDOM =
      p -> {
        double deviation = Math.sqrt(2 / (double) p.spec().fanIn());
        return switch (p.spec().kind()) {
          case WEIGHT -> Initialiser.normal(deviation);
          case BIAS, SHIFT, RUNNING_MEAN -> Initialiser.normal(0.3);
          case SCALE, RUNNING_VARIANCE -> random -> random.nextDouble(0.5, 1.5);
          case TABLE, CONSTANT -> Initialiser.normal(1);
        };
      };
}
