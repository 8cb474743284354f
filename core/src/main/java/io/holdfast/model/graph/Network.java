package io.holdfast.model.graph;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.model.graph.Graph.Parameter;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A graph with its weights, of which it is the sole owner (but for {@link #withInput}): they live
 * until it is closed. Weights are float32, never on the tape (training takes {@link Tensor#asLeaf}
 * of them), and those of convolutions stand in channels-last memory order. Computing is safe from
 * many threads while nobody writes weights.
 */
public final class Network implements AutoCloseable {
  private final Graph graph;
  private @Nullable SharedScope owner; // null where another network's weights are shared
  private final Map<String, Tensor> weights;
  private final Set<String> frozen;
  private Device device = Device.CPU;

  private Network(Graph graph, Function<Parameter, Tensor> source) {
    this.graph = graph;
    weights = new LinkedHashMap<>();
    frozen = new LinkedHashSet<>();
    SharedScope own = Scope.shared();
    owner = own;
    try {
      for (Parameter p : graph.parameters()) {
        try (Scope scope = Scope.open()) {
          weights.put(p.name(), own.adopt(laidOut(source.apply(p))));
        }
      }
    } catch (RuntimeException e) {
      own.close();
      throw e;
    }
  }

  private Network(Graph graph, Network weightsOf) {
    this.graph = graph;
    weights = weightsOf.weights;
    frozen = weightsOf.frozen;
    device = weightsOf.device;
  }

  private static Tensor laidOut(Tensor values) {
    Tensor own = values.detach().to(DType.FLOAT32).clone();
    return own.rank() == 4 ? own.channelsLast() : own;
  }

  /**
   * Fresh weights; each parameter is drawn from {@code seed} split by its name, so that adding a
   * layer changes no other's.
   */
  public static Network initialise(Graph graph, Initialisation scheme, Seed seed) {
    return new Network(graph, p -> draw(p, scheme.of(p), seed.split(p.name())));
  }

  private static Tensor draw(Parameter p, Initialiser initialiser, Seed seed) {
    float[] values = new float[Math.toIntExact(p.spec().shape().count())];
    RandomGenerator random = seed.generator();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) initialiser.next(random);
    }
    return Tensors.of(values, p.spec().shape().toArray());
  }

  /**
   * A network with copies of these weights.
   *
   * @param source where they come from, for messages
   * @throws InvalidInputException with every weight that is missing, unexpected or of another shape
   */
  public static Network of(Graph graph, Map<String, Tensor> weights, String source) {
    check(graph, weights, source);
    return new Network(graph, p -> find(weights, p.name()));
  }

  private static Tensor find(Map<String, Tensor> weights, String name) {
    Tensor found = weights.get(name);
    if (found == null) {
      throw Names.unknown("weight", name, weights.keySet());
    }
    return found;
  }

  private static void check(Graph graph, Map<String, Tensor> weights, String source) {
    Problems problems = new Problems(source);
    Set<String> unexpected = new LinkedHashSet<>(weights.keySet());
    for (Parameter p : graph.parameters()) {
      unexpected.remove(p.name());
      Tensor found = weights.get(p.name());
      Shape wanted = p.spec().shape();
      if (found == null) {
        problems.add(p.name(), "a tensor " + wanted, "nothing");
      } else if (!found.type().isFloating()) {
        problems.add(p.name(), "a floating type", found.type().toString());
      } else if (!Arrays.equals(found.shape(), wanted.toArray())) {
        problems.add(p.name(), "shape " + wanted, Arrays.toString(found.shape()));
      }
    }
    unexpected.forEach(name -> problems.add(name, "no such weight", "one"));
    problems.throwIfAny();
  }

  public Graph graph() {
    return graph;
  }

  // ---- where it computes

  /** Where the weights are, and inputs are expected. */
  public Device device() {
    return device;
  }

  /**
   * Moves the weights, from where networks begin, the processor; no other thread may compute
   * meanwhile, and what was compiled from them stays where they were.
   *
   * @return this network
   */
  public Network to(Device other) {
    if (!other.equals(device)) {
      SharedScope before = owner;
      if (before == null) {
        throw new IllegalStateException("the network whose weights this one shares is to be moved");
      }
      SharedScope own = Scope.shared();
      owner = own;
      try (Scope scope = Scope.open()) {
        weights.replaceAll((name, tensor) -> own.adopt(tensor.to(other)));
      }
      device = other;
      before.close();
    }
    return this;
  }

  // ---- weights

  /** All weights and statistics by full name, in the graph's order. */
  public Map<String, Tensor> weights() {
    return Collections.unmodifiableMap(weights);
  }

  /**
   * One weight or statistic by full name.
   *
   * @throws InvalidInputException if there is no such weight
   */
  public Tensor weight(String name) {
    return find(weights, name);
  }

  /**
   * Overwrites all weights with copies of these; no other thread may compute meanwhile.
   *
   * @throws InvalidInputException as {@link #of}; then nothing was written
   */
  public void setWeights(Map<String, Tensor> values) {
    check(graph, values, "weights");
    try (Scope scope = Scope.open()) {
      weights.forEach((name, tensor) -> tensor.copyFrom(find(values, name).detach()));
    }
  }

  /** A second network with the same weights and frozen layers, which share nothing. */
  public Network copy() {
    Network copy = new Network(graph, p -> weight(p.name()));
    copy.frozen.addAll(frozen);
    copy.device = device;
    return copy;
  }

  /**
   * This network for inputs of another type. It shares the weights and what is frozen, changes of
   * which both see; neither is to be moved any more, nor this one closed before the other is done.
   *
   * @throws InvalidInputException if the layers do not fit that type, or would need weights of
   *     other shapes
   */
  public Network withInput(TensorType type) {
    Graph other = graph.withInput(type);
    check(other, weights, "the network for inputs " + type);
    return new Network(other, this);
  }

  /** SHA-256 over names, shapes and values of all weights and statistics, in hexadecimal. */
  public String hash() {
    MessageDigest digest = Hashes.sha256();
    weights.forEach(
        (name, tensor) -> {
          digest.update((name + Arrays.toString(tensor.shape())).getBytes(StandardCharsets.UTF_8));
          digest.update(tensor.toBytes());
        });
    return Hashes.hex(digest);
  }

  /** Number of learned values. */
  public long parameterCount() {
    return graph.parameters().stream()
        .filter(p -> p.spec().kind().learned())
        .mapToLong(p -> p.spec().shape().count())
        .sum();
  }

  // ---- what is trained

  /**
   * From now on these layers are not trained. A frozen batch norm also keeps its running
   * statistics, and normalises by them in training.
   *
   * @param layers names of nodes
   * @throws InvalidInputException if there is no such layer; then nothing changed
   */
  public void freeze(Collection<String> layers) {
    layers.forEach(graph::node);
    frozen.addAll(layers);
  }

  /** Undoes {@link #freeze} for these layers. */
  public void unfreeze(Collection<String> layers) {
    layers.forEach(graph::node);
    frozen.removeAll(layers);
  }

  /** Names of the frozen layers. */
  public Set<String> frozen() {
    return Collections.unmodifiableSet(frozen);
  }

  /** The learned parameters of layers that are not frozen, in the graph's order. */
  public List<Parameter> trainable() {
    return graph.parameters().stream()
        .filter(p -> p.spec().kind().learned() && !frozen.contains(p.node().name()))
        .toList();
  }

  /** {@link #trainable} in groups, each in the graph's order; groups in order of appearance. */
  public Map<String, List<Parameter>> groups(Function<Parameter, String> group) {
    return trainable().stream()
        .collect(Collectors.groupingBy(group, LinkedHashMap::new, Collectors.toList()));
  }

  /**
   * Takes what training passes saw into the running statistics: {@code running = (1 - momentum) *
   * running + momentum * batch}, the batch's variance unbiased, over the values of all shards
   * together. Frozen layers keep theirs. No other thread may compute meanwhile.
   *
   * @param shards one list for each shard of the batch, in shard order
   */
  public void updateStatistics(List<List<BatchStatistics>> shards) {
    Map<String, List<BatchStatistics>> byNode =
        shards.stream()
            .flatMap(List::stream)
            .filter(s -> !frozen.contains(s.node()))
            .collect(
                Collectors.groupingBy(
                    BatchStatistics::node, LinkedHashMap::new, Collectors.toList()));
    byNode.forEach(
        (node, seen) -> {
          try (Scope scope = Scope.open()) {
            update(node, BatchStatistics.pool(seen));
          }
        });
  }

  private void update(String node, BatchStatistics batch) {
    if (!(graph.node(node).layer() instanceof BatchNorm layer)) {
      throw new IllegalArgumentException("statistics of a node that is no batch norm: " + node);
    }
    double kept = 1 - layer.momentum();
    double unbiased = batch.count() / (double) Math.max(1, batch.count() - 1);
    Tensor variance = batch.variance().mul(unbiased);
    weight(node + ".running_mean").mulInPlace(kept).addInPlace(batch.mean(), layer.momentum());
    weight(node + ".running_var").mulInPlace(kept).addInPlace(variance, layer.momentum());
  }

  // ---- computing in evaluation mode

  /** The graph's first output for its only input, {@code [N, ...]}. */
  public Tensor apply(Tensor x) {
    return apply(x, Mode.EVALUATION);
  }

  Tensor apply(Tensor x, Mode mode) {
    String first = graph.outputs().get(0);
    return Forward.run(graph, weights, List.of(x), mode, List.of(first)).value(first);
  }

  /** The values of these layers by name, {@code [N, ...]} each; on the tape where {@code x} is. */
  public Map<String, Tensor> activations(Tensor x, Collection<String> layers) {
    return Forward.run(graph, weights, List.of(x), Mode.EVALUATION, layers).values();
  }

  /**
   * The vector-Jacobian product of a layer's value with respect to the input.
   *
   * @param x {@code [N, ...]}
   * @param layer a node's name
   * @param cotangent of the shape of the layer's value, {@code [N, ...]}
   * @return of the shape of {@code x}
   */
  public Tensor vjp(Tensor x, String layer, Tensor cotangent) {
    try (Scope scope = Scope.open()) {
      Tensor leaf = x.asLeaf();
      Tensor value =
          Forward.run(graph, weights, List.of(leaf), Mode.EVALUATION, List.of(layer)).value(layer);
      return scope.keep(Autograd.vjp(value, leaf, cotangent));
    }
  }

  /**
   * This network as a classifier of its only input; it shares the weights and must not be used
   * after this network is closed.
   *
   * @throws InvalidInputException if the graph has several inputs or its first output is not {@code
   *     [K]} with K at least 2
   */
  public NetworkClassifier classifier() {
    return new NetworkClassifier(this, Mode.EVALUATION);
  }

  /** Frees the weights, but those of another network; no thread may be computing. */
  @Override
  public void close() {
    if (owner != null) {
      owner.close();
    }
  }
}
