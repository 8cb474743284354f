package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.model.Backward;
import io.holdfast.model.Stage;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.util.Arrays;

/**
 * A small network that imitates one stage of a pipeline on images, for stages whose derivative
 * nobody knows: BPDA with a learned approximation (Athalye et al. 2018, section 4.1, "we can find a
 * similar function"). Closing it frees the weights; attacks through the stage end before.
 */
public final class Imitation implements AutoCloseable {
  private final Network network;
  private final double error;

  private Imitation(Network network, double error) {
    this.network = network;
    this.error = error;
  }

  /**
   * Trains one: two hidden layers of 3x3 convolutions beside the identity.
   *
   * @param stage from {@code [N, C, H, W]} to the same shape
   * @param images {@code [N, C, H, W]} to learn from, of the kind that will be attacked
   * @param channels of the hidden layers, at least 1
   * @throws InvalidInputException if the stage changes the shape of images
   */
  public static Imitation of(Stage stage, Tensor images, int channels, Fit fit, Seed seed) {
    try (Scope scope = Scope.open()) {
      Tensor wanted = outputs(stage, images); // [N, C, H, W]
      if (!Arrays.equals(wanted.shape(), images.shape())) {
        throw new InvalidInputException(
            "imitation of " + stage.name(),
            "",
            "a stage that keeps the shape " + Arrays.toString(images.shape()),
            Arrays.toString(wanted.shape()));
      }
      Network network =
          Network.initialise(graph(images, channels), Initialisation.PYTORCH, seed.split("start"))
              .to(images.device());
      try {
        double error = fit.run(network, images, wanted, Imitation::meanSquare, seed.split("fit"));
        return new Imitation(network, Math.sqrt(error));
      } catch (RuntimeException e) {
        network.close();
        throw e;
      }
    }
  }

  private static Tensor outputs(Stage stage, Tensor images) {
    try (NoGrad off = NoGrad.on()) {
      return stage.forward().apply(images);
    }
  }

  private static Graph graph(Tensor images, int channels) {
    GraphBuilder g = Graph.builder("imitation");
    String input =
        g.input("input", TensorType.floats(images.size(1), images.size(2), images.size(3)));
    g.add("conv1", Conv2d.of(channels, 3).padding(1));
    g.add("relu1", new Relu());
    g.add("conv2", Conv2d.of(channels, 3).padding(1));
    g.add("relu2", new Relu());
    String change = g.add("conv3", Conv2d.of((int) images.size(1), 3).padding(1));
    return g.output(g.add("sum", new Add(), input, change)).build();
  }

  private static Tensor meanSquare(Tensor output, Tensor wanted) {
    return output.sub(wanted).square().mean();
  }

  /** Root mean square error on the last batch, in the units of the images. */
  public double error() {
    return error;
  }

  /** The way back for {@link Stage#with}. */
  public Backward backward() {
    return Backward.of(network::apply);
  }

  @Override
  public void close() {
    network.close();
  }
}
