package io.holdfast.train;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.record.SeenAttacks;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Model soups (Wortsman et al. 2022): one model whose weights are the mean of those of several that
 * were trained from the same start. What batch norms have measured is averaged with them.
 */
public final class ModelSoup {
  private ModelSoup() {}

  /**
   * Adds what keeps models from being averaged.
   *
   * @param names of the models, for messages
   */
  public static void check(List<Bundle> models, List<String> names, Problems problems) {
    if (models.size() < 2) {
      problems.add("models", "at least two models", Integer.toString(models.size()));
      return;
    }
    Bundle first = models.get(0);
    for (int i = 1; i < models.size(); i++) {
      Bundle other = models.get(i);
      if (!other.network().graph().toString().equals(first.network().graph().toString())) {
        problems.add(
            names.get(i),
            "the architecture of " + names.get(0) + ", " + first.architecture(),
            other.architecture().isEmpty() ? "another graph" : other.architecture());
      } else if (!other.classNames().equals(first.classNames())) {
        problems.add(
            names.get(i),
            "the classes of " + names.get(0) + ", " + first.classNames(),
            other.classNames().toString());
      }
    }
  }

  /** The mean of the weights of networks of one graph, at least one; the caller closes it. */
  public static Network mean(List<Network> networks) {
    Network mean = networks.get(0).copy();
    for (Graph.Parameter p : mean.graph().parameters()) {
      Tensor sum = mean.weight(p.name());
      for (Network other : networks.subList(1, networks.size())) {
        sum.addInPlace(other.weight(p.name()));
      }
      sum.mulInPlace(1.0 / networks.size());
    }
    return mean;
  }

  /**
   * What went into a greedy soup.
   *
   * @param scores of each model by itself, in the order given
   * @param used positions of the models in it, best first
   * @param score of the soup
   */
  public record Recipe(List<Double> scores, List<Integer> used, double score) {
    public Recipe {
      scores = List.copyOf(scores);
      used = List.copyOf(used);
    }
  }

  /**
   * The greedy soup (recipe 1): from the best model on, each stays in that does not lower the score
   * of the mean. It is never worse than the best model by that score.
   *
   * @param score on held-out samples, higher is better; equal networks have equal scores
   */
  public static Recipe greedy(List<Network> networks, ToDoubleFunction<Network> score) {
    List<Double> scores = new ArrayList<>();
    networks.forEach(network -> scores.add(score.applyAsDouble(network)));
    List<Integer> order =
        IntStream.range(0, networks.size())
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -scores.get(i)))
            .toList();
    List<Integer> used = new ArrayList<>(order.subList(0, 1));
    double best = scores.get(order.get(0));
    for (int candidate : order.subList(1, order.size())) {
      List<Integer> more = new ArrayList<>(used);
      more.add(candidate);
      try (Network mean = mean(more.stream().map(networks::get).toList())) {
        double with = score.applyAsDouble(mean);
        if (with >= best) {
          best = with;
          used = more;
        }
      }
    }
    return new Recipe(scores, used, best);
  }

  /**
   * A bundle of the mean of these, with the first one's threat model and class names; its
   * provenance names all of them by the hashes of their weights, and what any of them has seen in
   * training.
   *
   * @param told what is said of the choice, such as the method and the data
   * @throws InvalidInputException if they do not go together
   */
  public static Bundle bundle(List<Bundle> used, Map<String, Object> told) {
    Problems problems = new Problems("soup");
    if (used.size() > 1) {
      check(used, IntStream.range(0, used.size()).mapToObj(i -> "model " + i).toList(), problems);
    }
    problems.throwIfAny();
    Bundle first = used.get(0);
    Map<String, String> hashes = new LinkedHashMap<>();
    for (int i = 0; i < used.size(); i++) {
      hashes.put("ingredient-" + (i + 1), used.get(i).network().hash());
    }
    SeenAttacks seen =
        used.stream().map(TrainingRecord::of).reduce(SeenAttacks.all(Set.of()), SeenAttacks::and);
    Settings configuration =
        TrainingRecord.withStart(Settings.of(Map.of("soup", told)), "model", seen);
    Provenance origin =
        Provenance.of(Engine.version(), new Seed(first.provenance().seed()), hashes, configuration);
    return Bundle.of(mean(used.stream().map(Bundle::network).toList()))
        .architecture(first.architecture())
        .threat(first.threat())
        .classNames(first.classNames())
        .scale(first.form().scale())
        .provenance(origin)
        .build();
  }
}
