package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.attack.SearchRule;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.Augmentation;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphBuilder;
import io.holdfast.model.graph.Initialisation;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.TensorType;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.PgdAt;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A tiny training run: 96 embedded samples, batches of 32 in shards of 8, six steps by default. */
final class Run {
  static final Dataset DATA = FashionMnist.train().first(160);
  static final Dataset TRAIN = DATA.subset(range(0, 96));
  static final Dataset HELD_OUT = DATA.subset(range(96, 160));
  static final ThreatModel THREAT = ThreatModel.linf(0.1).within(0, 1);
  static final Graph PLAIN = graph(false);

  /** With batch norm and dropout. */
  static final Graph NORMED = graph(true);

  TrainSettings settings =
      TrainSettings.defaults().toBuilder()
          .objective(new PgdAt())
          .steps(Curve.constant(2))
          .epochs(2)
          .batch(32)
          .shard(8)
          .precision(Precision.FLOAT32)
          .validation(40, 2)
          .build();
  Graph graph = PLAIN;
  Dataset train = TRAIN;
  @Nullable Dataset validation = HELD_OUT;
  @Nullable ThreatModel threat = THREAT;
  Augmentation augmentation = Augmentation.NONE;
  Start start = Start.UNIFORM;
  int steps = 2;
  double fraction = 0.4;
  SearchRule rule = SearchRule.PROJECTED;
  int workers = 2;
  long seed = 7;
  @Nullable Path folder;
  boolean resume;
  Progress progress = Progress.silent();
  Stopper stopper = Stopper.manual();
  List<String> frozen = List.of();
  @Nullable LibraryFeed library;
  Map<String, Bundle> guides = Map.of();
  @Nullable Governor governor;

  /** What came out. */
  record Outcome(TrainResult result, String weights) {}

  private static int[] range(int from, int to) {
    return java.util.stream.IntStream.range(from, to).toArray();
  }

  static Graph graph(boolean normed) {
    GraphBuilder g = Graph.builder("tiny");
    g.input("input", TensorType.floats(1, 28, 28));
    g.add("pool", AvgPool2d.of(4));
    g.add("conv", Conv2d.of(4, 3).padding(1));
    if (normed) {
      g.add("norm", new BatchNorm());
    }
    g.add("relu", new Relu());
    g.add("flatten", new Flatten());
    if (normed) {
      g.add("dropout", new Dropout(0.25));
    }
    return g.output(g.add("out", Linear.of(10))).build();
  }

  Run with(Consumer<Run> change) {
    change.accept(this);
    return this;
  }

  Run settings(Consumer<TrainSettingsBuilder> change) {
    TrainSettingsBuilder builder = settings.toBuilder();
    change.accept(builder);
    settings = builder.build();
    return this;
  }

  Run in(Path place) {
    folder = place;
    return this;
  }

  Run resuming() {
    resume = true;
    return this;
  }

  /** Asks for a stop after so many steps of this process. */
  Run stoppingAfter(int steps) {
    Stopper asked = Stopper.manual();
    stopper = asked;
    progress =
        afterEachStep(
            done -> {
              if (done == steps) {
                asked.request();
              }
            });
    return this;
  }

  Network network() {
    Network network = Network.initialise(graph, Initialisation.PYTORCH, new Seed(seed));
    network.freeze(frozen);
    return network;
  }

  Outcome go() {
    try (Network network = network()) {
      TrainResult result = go(network);
      return new Outcome(result, network.hash());
    }
  }

  TrainResult go(Network network) {
    try (Workers pool = Workers.of(workers);
        Guides others = Guides.open(settings.objective(), guides, Device.CPU)) {
      return Trainer.train(job(network, pool).with(others), governor);
    }
  }

  TrainJob job(Network network, Workers pool) {
    return new TrainJob(
            network,
            train,
            validation,
            threat,
            new InnerMaximiser(steps, fraction, start).by(rule),
            settings,
            augmentation,
            new Seed(seed),
            pool,
            folder,
            resume,
            progress,
            stopper)
        .with(library);
  }

  /** The lines of {@code metrics.jsonl} without what depends on the clock. */
  static List<String> metrics(Path folder) {
    return MetricsLog.read(folder.resolve(RunLog.FILE)).stream()
        .map(
            line -> {
              if (line instanceof com.fasterxml.jackson.databind.node.ObjectNode row) {
                row.remove("seconds");
              }
              return line.toString();
            })
        .toList();
  }

  /** Calls back after every step with the number of steps since the start of this process. */
  static Progress afterEachStep(java.util.function.IntConsumer listener) {
    return (title, total, unit) -> {
      int[] steps = new int[1];
      return n -> listener.accept(++steps[0]);
    };
  }
}
