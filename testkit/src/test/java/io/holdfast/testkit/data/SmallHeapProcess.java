package io.holdfast.testkit.data;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.image.Augmentation;
import io.holdfast.data.image.Flip;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.tensor.Workers;
import io.holdfast.train.TrainJob;
import io.holdfast.train.TrainResult;
import io.holdfast.train.TrainSettings;
import io.holdfast.train.Trainer;
import io.holdfast.train.objective.Standard;
import java.util.List;

/**
 * Reads a data set that is several times its heap as training does: split, augmented, in random
 * order; then trains on some of it. Every image is of one value, {@link #value} of its label and
 * hence known.
 */
final class SmallHeapProcess {
  private SmallHeapProcess() {}

  /** The 8-bit value of all pixels of the images of a class. */
  static int value(int label) {
    return 20 * label + 5;
  }

  public static void main(String[] args) {
    Dataset data = Datasets.open(args[0]);
    Dataset train = data.split(new Seed(1), 0.9, 0.1).get(0);
    float[] sample = new float[data.info().sampleSize()];
    long read = 0;
    Dataset shown = new Augmentation(List.of(new Flip(0.5))).over(train, new Seed(2), 0);
    for (int index : new Seed(3).permutation(shown.size())) {
      shown.read(index, sample, 0);
      float wanted = value(shown.label(index)) / 255f;
      for (float pixel : sample) {
        if (pixel != wanted) {
          throw new AssertionError("sample " + shown.id(index) + " has a pixel " + pixel);
        }
      }
      read += sample.length;
    }
    long heap = Runtime.getRuntime().maxMemory();
    System.out.println("hash " + data.contentHash());
    System.out.println("times " + read / heap);
    System.out.println("steps " + train(train.first(32)).steps());
  }

  /** Two steps of a small network. */
  private static TrainResult train(Dataset some) {
    List<Integer> shape = some.info().shape();
    GraphBuilder g = Graph.builder("tiny");
    g.input("input", TensorType.floats(shape.get(0), shape.get(1), shape.get(2)));
    g.add("pool", AvgPool2d.of(32));
    g.add("flatten", new Flatten());
    Graph graph = g.output(g.add("out", Linear.of(some.info().classCount()))).build();
    Seed seed = new Seed(4);
    try (Network network = Network.initialise(graph, Initialisation.PYTORCH, seed);
        Workers two = Workers.of(2)) {
      return Trainer.train(
          new TrainJob(
              network,
              some,
              null,
              null,
              new InnerMaximiser(1, 1, InnerMaximiser.Start.CLEAN),
              TrainSettings.defaults().toBuilder()
                  .objective(new Standard())
                  .epochs(1)
                  .batch(16)
                  .shard(4)
                  .build(),
              Augmentation.NONE,
              seed,
              two,
              null,
              false,
              Progress.silent(),
              Stopper.manual()));
    }
  }
}
