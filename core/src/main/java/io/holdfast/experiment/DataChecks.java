package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.data.Dataset;
import io.holdfast.data.NamedClasses;
import io.holdfast.data.StrayLabels;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Device;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.train.Guides;
import io.holdfast.train.LibraryFeed;
import io.holdfast.train.objective.Objective;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether an experiment fits the samples that it trains on; what does not is told at the line of
 * the experiment that it is due to.
 */
final class DataChecks {
  private final Experiment experiment;
  private final Dataset train;
  private final Problems problems;

  /**
   * Of an experiment.
   *
   * @param train samples to train on, by which the others are judged
   * @param problems to which all that is found is added
   */
  DataChecks(Experiment experiment, Dataset train, Problems problems) {
    this.experiment = experiment;
    this.train = train;
    this.problems = problems;
  }

  /** Of all but the other samples; the network for these ones, null where it does not fit. */
  @Nullable Architecture all(@Nullable LibraryFeed library) {
    requireClasses();
    requireDomain();
    requireSize();
    Architecture architecture = architecture();
    requireAttacks(architecture);
    requireGuides();
    requireAugmented();
    if (library != null) {
      library.check(train, problems);
    }
    if (architecture != null) {
      StartingWeights.require(experiment, architecture, train.info().classes(), problems);
    }
    return architecture;
  }

  private void requireClasses() {
    if (!train.hasSeveralClasses()) {
      experiment.reject(
          problems,
          "data",
          "train",
          "samples of at least two classes",
          "1 class in " + train.size() + " samples",
          null);
    }
  }

  /**
   * Samples in the numbering of the training samples: found by name, since a folder numbers the
   * classes that it has. Classes may be missing, as in a small test set.
   */
  Dataset matching(String key, Dataset other) {
    if (!other.info().shape().equals(train.info().shape())) {
      experiment.reject(
          problems,
          "data",
          key,
          "samples of shape " + train.info().shape() + " as in data.train",
          other.info().shape().toString(),
          ExperimentData.RESIZE);
    }
    List<String> known = train.info().classes();
    List<String> classes = other.info().classes();
    if (classes.size() > known.size()) {
      Optional<StrayLabels> stray = StrayLabels.of(other, known.size());
      experiment.reject(
          problems,
          "data",
          key,
          "labels from 0 to " + (known.size() - 1) + ", the classes of data.train",
          stray.map(StrayLabels::found).orElse(classes.size() + " classes"),
          stray.map(StrayLabels::hint).orElse(null));
      return other;
    }
    Problems names = new Problems("");
    Dataset matched = NamedClasses.matching(other, known, names);
    String expected = "the classes of data.train, " + known;
    experiment.rejectAll(problems, "data", key, names.list(), p -> p.withExpected(expected));
    return matched;
  }

  private void requireDomain() {
    Domain domain = experiment.threat().domain();
    if (!domain.equals(Domain.UNIT)) {
      experiment.reject(
          problems, "threat", "domain", Domain.OF_PIXELS, domain.toString(), Domain.OF_BYTES);
    }
  }

  private void requireSize() {
    try {
      experiment.threat().checkedFor(train.info().sampleSize());
    } catch (InvalidInputException e) {
      e.problems()
          .forEach(
              p ->
                  experiment.reject(
                      problems, "threat", p.field(), p.expected(), p.found(), p.hint()));
    }
    int classes = train.info().classCount();
    if (experiment.threat().goal() instanceof Goal.TargetClass goal && goal.target() >= classes) {
      String known = "a class from class:0 to class:" + (classes - 1);
      experiment.reject(problems, "threat", "goal", known, goal.key(), null);
    }
  }

  private @Nullable Architecture architecture() {
    try {
      Shape input = Shape.of(train.info().shapeArray());
      Architecture built = experiment.model().build(input, Math.max(2, train.info().classCount()));
      for (String layer : experiment.freeze()) {
        requireLayer(built, layer);
      }
      return built;
    } catch (InvalidInputException e) {
      experiment.rejectAll(problems, "model", "architecture", e.problems(), p -> p);
      return null;
    }
  }

  private static List<String> layers(Architecture built) {
    return built.graph().nodes().stream().map(Graph.Node::name).toList();
  }

  private void requireLayer(Architecture built, String layer) {
    List<String> names = layers(built);
    if (!names.contains(layer)) {
      experiment.reject(
          problems,
          "model",
          "freeze",
          "names of layers: " + String.join(", ", names),
          layer,
          Nearest.hint(layer, names));
    }
  }

  /** Models that the objective learns from, told at the objective's line. */
  private void requireGuides() {
    Objective objective = experiment.training().objective();
    Problems found = new Problems("");
    try (Guides guides = Guides.open(objective, Map.of(), Device.CPU)) {
      int classes = Math.max(2, train.info().classCount());
      guides.check(objective, train.info(), classes, found);
    } catch (InvalidInputException e) {
      found.addAll(e);
    }
    experiment.rejectAll(
        problems,
        "train",
        "objective",
        found.list(),
        p -> {
          String role = p.field().substring(p.field().lastIndexOf('.') + 1);
          return p.withExpected(role + ": " + p.expected());
        });
  }

  private void requireAugmented() {
    String key = "augment";
    Problems found = new Problems("");
    experiment.augmentation().check(train.info().shape(), key, found);
    experiment.rejectAll(problems, "train", key, found.list(), p -> p);
  }

  private void requireAttacks(@Nullable Architecture architecture) {
    for (NamedAttack attack : experiment.evaluation().attacks()) {
      try {
        attack.attack().check(experiment.threat(), train.info().classCount());
        attack.attack().checkInputs(train.info().shapeArray());
        if (architecture != null) {
          attack.attack().checkLayers(layers(architecture));
        }
      } catch (InvalidInputException e) {
        experiment.rejectAll(
            problems,
            "evaluate",
            "attacks",
            e.problems(),
            p -> p.withFound(attack.key() + ": " + p.found()));
      }
    }
  }
}
