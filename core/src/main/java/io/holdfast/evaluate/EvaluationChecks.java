package io.holdfast.evaluate;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.Attacks;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.data.Dataset;
import io.holdfast.data.StrayLabels;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What must hold before an evaluation begins; all problems at once. */
final class EvaluationChecks {
  private EvaluationChecks() {}

  /** The settings and the data; returns the threat model, which is there afterwards. */
  static ThreatModel require(Evaluation e, Dataset data) {
    Problems problems = new Problems("evaluation");
    ThreatModel threat = e.threat == null ? ThreatModel.linf(0) : e.threat;
    if (e.threat == null) {
      problems.add("threat", "a threat model", "none");
    }
    settings(e, problems);
    requireData(e, data, problems);
    requireLabels(e, data, problems);
    if (e.threat != null) {
      attacks(e, problems);
    }
    problems.throwIfAny();
    return threat;
  }

  /** What can be told before all is there: neither of labels nor of what is missing. */
  static void partly(Evaluation e, @Nullable Dataset data, Problems problems) {
    Problems own = problems.in("evaluation");
    settings(e, own);
    if (data != null) {
      requireData(e, data, own);
    }
    if (e.threat != null) {
      attacks(e, own);
    }
  }

  private static void settings(Evaluation e, Problems problems) {
    if (e.workers < 0) {
      problems.add("workers", "at least 1, or 0 for one per core", "" + e.workers);
    }
    if (e.chunk < 1) {
      problems.add("chunk", "at least 1 sample", "" + e.chunk);
    }
    if (e.examples < 0) {
      problems.add("examples", "at least 0", "" + e.examples);
    }
    if (e.keys().size() < e.attacks.size()) {
      List<String> keys = e.attacks.stream().map(NamedAttack::key).toList();
      problems.add("attacks", "attacks with keys of their own", keys.toString());
    }
    if (e.shard < 1) {
      problems.add("shard", "at least 1 sample", "" + e.shard);
    }
    requireNew(e, problems);
  }

  /** The attacks, those of the curve included. */
  private static void attacks(Evaluation e, Problems problems) {
    ThreatModel threat = Objects.requireNonNull(e.threat);
    Problems each = new Problems("evaluation");
    try (Workers one = Workers.of(1)) {
      AttackDriver driver = new AttackDriver(e.attacked(), threat, one);
      e.attacks.forEach(a -> each.collect(() -> driver.check(a.attack())));
      if (e.curve != null) {
        NamedAttack ofCurve = e.curve.attack();
        each.collect(() -> driver.check(ofCurve.attack()));
      }
    } catch (InvalidInputException ofSurrogate) {
      each.addAll(ofSurrogate);
    }
    each.list().stream().distinct().forEach(problems::add); // the threat model's come with each
  }

  private static void requireNew(Evaluation e, Problems problems) {
    SeenInTraining seen = new SeenInTraining(e.trainedOn);
    for (String claim : e.unseen) {
      Optional<NamedAttack> named =
          e.attacks.stream().filter(a -> a.key().equals(claim)).findFirst();
      String wanted = "attacks that the model was not trained on";
      Optional<String> by = named.flatMap(seen::by).or(() -> seen.by(claim));
      if (by.isPresent()) {
        problems.add(
            "unseen",
            wanted,
            claim + ", and training used " + by.get(),
            Attacks.name(claim).equals(Attacks.name(by.get()))
                ? null
                : "both are the same search with other settings");
      } else if (!e.trainedOn.complete()) {
        problems.add(
            "unseen",
            wanted,
            claim + ", and it is not recorded what training used",
            "say trainedOn(...) if you know it");
      }
    }
  }

  private static void requireData(Evaluation e, Dataset data, Problems problems) {
    Problems of = problems.in("data " + data.info().name());
    long[] shape = data.info().shapeArray();
    if (!Arrays.equals(shape, e.classifier.inputShape())) {
      of.add(
          "shape",
          Arrays.toString(e.classifier.inputShape()) + ", what the model takes",
          Arrays.toString(shape));
    }
    if (e.corruptions != null && !Corruption.takes(shape)) {
      of.add(
          "shape",
          "images [1 or 3, H, W] of at least 8x8 for natural corruptions",
          Arrays.toString(shape));
    }
    Set<Long> ids = new HashSet<>();
    for (int i = 0; i < data.size(); i++) {
      if (!ids.add(data.id(i))) {
        of.add("", "each sample once", "sample " + data.id(i) + " twice");
        break;
      }
    }
  }

  private static void requireLabels(Evaluation e, Dataset data, Problems problems) {
    Problems of = problems.in("data " + data.info().name());
    int classes = e.classifier.classes();
    String known = "classes from 0 to " + (classes - 1) + ", those of the model";
    StrayLabels.of(data, classes)
        .ifPresent(stray -> of.add("labels", known, stray.found(), stray.hint()));
  }
}
