package io.holdfast.train;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.NamedClasses;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Precision;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Objective;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The other models that an objective learns from. Those that were opened here are closed with this;
 * none of them changes.
 */
public final class Guides implements AutoCloseable {
  /** None at all. */
  public static final Guides NONE = new Guides(Map.of(), List.of());

  private final Map<Guide, Bundle> models;
  private final List<Bundle> own;

  private Guides(Map<Guide, Bundle> models, List<Bundle> own) {
    this.models = models;
    this.own = own;
  }

  /**
   * Opens the bundles that an objective names.
   *
   * @param given models that a program hands over, by role; they stay the caller's
   * @param device that the opened ones move to
   * @throws InvalidInputException with every bundle that is missing or damaged
   */
  public static Guides open(Objective objective, Map<String, Bundle> given, Device device) {
    Map<Guide, Bundle> models = new LinkedHashMap<>();
    List<Bundle> own = new ArrayList<>();
    Problems problems = new Problems("training");
    for (Guide guide : objective.guides()) {
      Bundle handed = given.get(guide.role());
      if (guide.path().isEmpty() && handed != null) {
        models.put(guide, handed);
      } else if (guide.path().isEmpty()) {
        problems.add(field(guide), "the path of a bundle", "nothing");
      } else {
        read(guide, device, models, own, problems);
      }
    }
    if (!problems.list().isEmpty()) {
      own.forEach(Bundle::close);
    }
    problems.throwIfAny();
    return new Guides(models, own);
  }

  private static void read(
      Guide guide, Device device, Map<Guide, Bundle> models, List<Bundle> own, Problems problems) {
    try {
      Bundle bundle = Bundle.read(Path.of(guide.path()));
      own.add(bundle);
      bundle.network().to(device);
      models.put(guide, bundle);
    } catch (InvalidPathException e) {
      problems.add(field(guide), "the path of a bundle", guide.path(), e.getReason());
    } catch (InvalidInputException e) {
      for (Problem p : e.problems()) {
        String found = p.found().contains(p.source()) ? p.found() : p.found() + " at " + p.source();
        problems.add(field(guide), p.expected(), found, p.hint());
      }
    }
  }

  private static String field(Guide guide) {
    return "train.objective." + guide.role();
  }

  /** Adds what keeps a model from guiding this job's network. */
  void check(TrainJob job, Problems problems) {
    check(
        job.settings().objective(),
        job.train().info(),
        job.network().classifier().classes(),
        problems);
    for (Bundle bundle : models.values()) {
      Device there = bundle.classifier().device();
      Device here = job.network().device();
      if (!there.equals(here)) {
        problems.add(
            "train.objective",
            "models to learn from on " + here + ", where training is",
            "" + there);
      }
    }
  }

  /**
   * Adds what keeps a model from guiding others.
   *
   * @param data that the others are trained on
   * @param classes K of the others
   */
  public void check(Objective objective, DatasetInfo data, long classes, Problems problems) {
    long[] shape = data.shapeArray();
    for (Guide guide : objective.guides()) {
      Bundle bundle = models.get(guide);
      if (bundle == null) {
        problems.add(field(guide), "a model", "none");
        continue;
      }
      NetworkClassifier model = bundle.classifier();
      if (!Arrays.equals(model.inputShape(), shape)) {
        problems.add(
            field(guide),
            "a model of inputs " + Arrays.toString(shape),
            "one of " + Arrays.toString(model.inputShape()));
      }
      if (model.classes() != classes) {
        problems.add(
            field(guide), "a model of " + classes + " classes", "one of " + model.classes());
      }
      NamedClasses.requireAlike(bundle.classNames(), data.classes(), field(guide), problems);
    }
  }

  /** SHA-256 over the weights of each model, by role. */
  public Map<String, String> hashes() {
    Map<String, String> hashes = new LinkedHashMap<>();
    models.forEach(
        (guide, bundle) ->
            hashes.merge(guide.role(), bundle.network().hash(), (one, other) -> one + "+" + other));
    return hashes;
  }

  /** Ready to answer. */
  Asked ask(Precision precision) {
    Map<Guide, InputGradients> ready = new LinkedHashMap<>();
    models.forEach((guide, bundle) -> ready.put(guide, bundle.classifier().gradients(precision)));
    return new Asked(ready);
  }

  /** The models, ready to answer many threads. */
  record Asked(Map<Guide, InputGradients> models) implements AutoCloseable {
    @Override
    public void close() {
      models.values().forEach(InputGradients::close);
    }
  }

  @Override
  public void close() {
    own.forEach(Bundle::close);
  }
}
