package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which layers amplify adversarial perturbations: for each node of a network the mean over samples
 * of {@code |a' - a| / |a|}, where a is its value for a clean and a' that for a perturbed input
 * (Liao et al. 2018, section 3.2, figure 2), and by how much that is larger than what came in. A
 * sample for which a is zero, such as a unit that nothing reaches, does not count there.
 */
public final class LayerSensitivity {
  private static final int SHARD = 32;
  private static final double TINY = 1e-12;

  /**
   * One layer.
   *
   * @param layer a node's name
   * @param change mean relative change of its value
   * @param amplification its change over the largest of its inputs' changes; 1 keeps it as it is
   * @param trainable whether it has weights that are not frozen
   */
  public record Row(String layer, double change, double amplification, boolean trainable) {}

  private LayerSensitivity() {}

  /**
   * Measures.
   *
   * @param samples clean ones
   * @param search for the perturbed ones, by cross-entropy
   * @return one row per node, in the graph's order
   */
  public static List<Row> of(
      Network network,
      Dataset samples,
      ThreatModel threat,
      InnerMaximiser search,
      Seed seed,
      Workers workers) {
    int shards = (samples.size() + SHARD - 1) / SHARD;
    List<Map<String, Changes>> parts;
    try (InputGradients gradients = network.classifier().gradients(Precision.FLOAT32)) {
      parts =
          workers.map(
              shards,
              i -> {
                int to = Math.min(samples.size(), (i + 1) * SHARD);
                int[] rows = IntStream.range(i * SHARD, to).toArray();
                return changes(network, samples, rows, threat, search, seed, gradients);
              });
    }
    Map<String, Changes> all = new LinkedHashMap<>();
    parts.forEach(part -> part.forEach((name, some) -> all.merge(name, some, Changes::add)));
    Map<String, Double> change = new LinkedHashMap<>();
    all.forEach((name, of) -> change.put(name, of.mean()));
    return rows(network, change);
  }

  /**
   * Relative changes of one value.
   *
   * @param sum over those samples for which it is not all zero
   * @param count of these
   */
  private record Changes(double sum, double count) {
    Changes add(Changes other) {
      return new Changes(sum + other.sum, count + other.count);
    }

    /** 0 where it is zero for all samples. */
    double mean() {
      return count == 0 ? 0 : sum / count;
    }
  }

  /** Relative changes for some samples, by node and input. */
  private static Map<String, Changes> changes(
      Network network,
      Dataset samples,
      int[] rows,
      ThreatModel threat,
      InnerMaximiser search,
      Seed seed,
      InputGradients gradients) {
    Tensor x = samples.inputs(rows).to(network.device()); // [n, ...]
    long[] classes = IntStream.of(rows).mapToLong(samples::label).toArray();
    Tensor labels = Tensors.of(classes, classes.length).to(network.device()); // [n]
    List<Seed> seeds = IntStream.of(rows).mapToObj(r -> seed.split(samples.id(r))).toList();
    Tensor worst =
        search.maximise(gradients, Losses.CE, threat, x, Reference.labels(labels), seeds);
    List<String> names = new ArrayList<>();
    network.graph().inputs().forEach(input -> names.add(input.name()));
    network.graph().nodes().forEach(node -> names.add(node.name()));
    Map<String, Changes> changes = new LinkedHashMap<>();
    try (NoGrad off = NoGrad.on()) {
      Map<String, Tensor> clean = network.activations(x, names);
      Map<String, Tensor> moved = network.activations(worst, names);
      for (String name : names) {
        Tensor a = Objects.requireNonNull(clean.get(name)).reshape(rows.length, -1); // [n, D]
        Tensor b = Objects.requireNonNull(moved.get(name)).reshape(rows.length, -1); // [n, D]
        Tensor size = a.square().sum(1).sqrt(); // [n]
        Tensor known = size.gt(TINY); // [n]
        Tensor relative = b.sub(a).square().sum(1).sqrt().div(size.clampMin(TINY)); // [n]
        Tensor counted = Tensors.where(known, relative, Tensors.zerosLike(relative)); // [n]
        changes.put(name, new Changes(counted.sum().item(), known.to(DType.FLOAT64).sum().item()));
      }
    }
    return changes;
  }

  private static List<Row> rows(Network network, Map<String, Double> change) {
    Set<String> weighted = new LinkedHashSet<>();
    network.trainable().forEach(p -> weighted.add(p.node().name()));
    List<Row> rows = new ArrayList<>();
    for (Graph.Node node : network.graph().nodes()) {
      double own = Objects.requireNonNull(change.get(node.name()));
      double in =
          node.inputs().stream()
              .mapToDouble(name -> Objects.requireNonNull(change.get(name)))
              .max()
              .orElse(0);
      rows.add(new Row(node.name(), own, in == 0 ? 0 : own / in, weighted.contains(node.name())));
    }
    return rows;
  }

  /**
   * The layers that can be trained but those that amplify most: what is to be frozen where only
   * these are to be trained. Ties go by the order of the graph.
   *
   * @param trained how many are to be trained, at least 1
   */
  public static List<String> others(List<Row> rows, int trained) {
    List<Row> weighted = rows.stream().filter(Row::trainable).toList();
    Set<String> most = new LinkedHashSet<>();
    weighted.stream()
        .sorted(Comparator.comparingDouble(Row::amplification).reversed())
        .limit(trained)
        .forEach(row -> most.add(row.layer()));
    return weighted.stream().map(Row::layer).filter(name -> !most.contains(name)).toList();
  }
}
