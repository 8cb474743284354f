package io.holdfast.train;

import io.holdfast.common.Seed;
import io.holdfast.model.graph.BatchNormPolicy;
import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Forward;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Mode;
import io.holdfast.tensor.Autocast;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.ShardContext.Features;
import io.holdfast.verify.bound.IntervalBounds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One network's passes over one shard in training mode, on the tape of its weights. Shapes: n
 * samples of the shard, K classes.
 */
final class ShardForward {
  private final SharedStep common;
  private final Seed stream;
  private final BatchNormPolicy batchNorm;
  private final Map<String, Tensor> parameters;
  private final List<Tensor> leaves = new ArrayList<>();
  private final List<BatchStatistics> statistics = new ArrayList<>();
  private final IdentityHashMap<Tensor, Map<String, BatchStatistics>> seen =
      new IdentityHashMap<>(); // by pass
  private int passes;

  /** The pass whose random numbers are drawn again; -1 for fresh ones. */
  private int held = -1;

  /**
   * Before its first pass.
   *
   * @param stream of what layers draw
   * @param weights by name; empty where there is no such network
   * @param learns whether its gradients are wanted
   */
  ShardForward(
      SharedStep common,
      Seed stream,
      BatchNormPolicy batchNorm,
      Map<String, Tensor> weights,
      boolean learns) {
    this.common = common;
    this.stream = stream;
    this.batchNorm = batchNorm;
    parameters = new LinkedHashMap<>(weights);
    if (learns && !weights.isEmpty()) {
      for (Graph.Parameter p : common.job().network().trainable()) {
        Tensor leaf = Objects.requireNonNull(parameters.get(p.name())).asLeaf();
        parameters.put(p.name(), leaf);
        leaves.add(leaf);
      }
    }
  }

  boolean isEmpty() {
    return parameters.isEmpty();
  }

  /** The trainable weights on the tape, in the network's order; empty where it does not learn. */
  List<Tensor> leaves() {
    return leaves;
  }

  private Graph graph() {
    return common.moment().graph();
  }

  /** {@code [n, K]}, float32. */
  Tensor logits(Tensor x) {
    String output = graph().outputs().get(0);
    return forward(x, Set.of(output)).value(output).to(DType.FLOAT32);
  }

  /**
   * Logits and the values of a layer, of one pass.
   *
   * @param layer the last one before the logits where none is named
   */
  Features features(Tensor x, Optional<String> layer) {
    String output = graph().outputs().get(0);
    String where = layer.orElseGet(graph()::beforeOutput);
    Set<String> wanted = new LinkedHashSet<>(List.of(output, where)); // which may be the same
    Forward.Result found = forward(x, wanted);
    return new Features(
        found.value(output).to(DType.FLOAT32), found.value(where).to(DType.FLOAT32));
  }

  /** Passes whose layers all draw the same random numbers. */
  <T> T alike(Supplier<T> some) {
    int before = held;
    held = passes++;
    try {
      return some.get();
    } finally {
      held = before;
    }
  }

  private Forward.Result forward(Tensor x, Set<String> wanted) {
    int drawn = held < 0 ? passes++ : held;
    TrainJob job = common.job();
    Mode mode = new Mode.Training(stream.split(drawn), batchNorm, job.network().frozen());
    Forward.Result result;
    try (Autocast on = Autocast.of(job.settings().precision(), x.device())) {
      result = Forward.run(graph(), parameters, List.of(x), mode, wanted);
    }
    statistics.addAll(result.statistics());
    Map<String, BatchStatistics> own = new HashMap<>();
    result.statistics().forEach(s -> own.put(s.node(), s));
    seen.putIfAbsent(x, own);
    return result;
  }

  /**
   * Bounds of the network whose batch norms use the statistics of a pass.
   *
   * @param pass its inputs
   */
  IntervalBounds bounds(Tensor pass) {
    Map<String, BatchStatistics> of = seen.get(pass);
    if (of == null) {
      throw new IllegalStateException(
          "no pass of these inputs, whose statistics bounds are to use");
    }
    return new IntervalBounds(graph(), parameters, of);
  }

  /**
   * Gradients by its leaves for another owner, zero for those that took no part in the loss.
   *
   * @param found in the order of {@link #leaves}
   */
  List<Tensor> gradients(List<@Nullable Tensor> found, SharedScope owner) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < leaves.size(); i++) {
      Tensor g = found.get(i);
      all.add(owner.adopt(g == null ? Tensors.zerosLike(leaves.get(i)) : g));
    }
    return all;
  }

  /** What its batch norms saw, in the order of the passes, for another owner. */
  List<BatchStatistics> statistics(SharedScope owner) {
    return statistics.stream()
        .map(
            s ->
                new BatchStatistics(
                    s.node(), owner.adopt(s.mean()), owner.adopt(s.variance()), s.count()))
        .toList();
  }
}
