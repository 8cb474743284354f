package io.holdfast.cli;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.data.Dataset;
import io.holdfast.data.NamedClasses;
import io.holdfast.data.StrayLabels;
import io.holdfast.experiment.EvaluationSection;
import io.holdfast.experiment.Experiment;
import io.holdfast.model.graph.Shape;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is attacked, with what samples, within what bounds. */
final class ModelOptions {
  @Mixin ModelOption which = new ModelOption();

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "Labelled samples: embedded:NAME/SPLIT, a file or a folder.")
  String data = "";

  @Option(
      names = "--threat",
      paramLabel = "T",
      description = {
        "A file, or a short form such as linf:0.1, l2:1.5 or l1:12",
        "(default: what the bundle was hardened against)."
      })
  @Nullable String threat;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "The most samples to attack, the first ones (default: ${DEFAULT-VALUE}).")
  int examples = EvaluationSection.DEFAULT_EXAMPLES;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Of all random streams (default: ${DEFAULT-VALUE}).")
  long seed = Experiment.DEFAULT_SEED;

  /**
   * What the options name; closing it closes the bundle.
   *
   * @param bundle the model
   * @param samples to attack
   * @param threat what the attacker may do
   */
  record Opened(Bundle bundle, Dataset samples, ThreatModel threat) implements AutoCloseable {
    @Override
    public void close() {
      bundle.close();
    }
  }

  /** Looks at what could be opened, to add what is wrong with it to the same problems. */
  interface Check {
    /**
     * Looks at them.
     *
     * @param samples those to attack; null, as the threat model, where something is wrong with them
     */
    void of(Bundle bundle, @Nullable Dataset samples, @Nullable ThreatModel threat);
  }

  /** Opens everything; nothing else is to be looked at. */
  Opened open(Problems problems) {
    return open(problems, (bundle, samples, bounds) -> {});
  }

  /**
   * Opens everything.
   *
   * @param problems to which all that is wrong is added
   * @param check of what was opened, if there is a model at least
   * @throws InvalidInputException with all of them
   */
  Opened open(Problems problems, Check check) {
    if (examples < 1) {
      problems.add("--examples", "at least 1", Integer.toString(examples));
    }
    requireGiven(
        "--model", which.model, "a bundle, or a weights file with --architecture", problems);
    requireGiven("--data", data, "labelled samples", problems);
    Dataset[] samples = new Dataset[1];
    ThreatModel[] bounds = new ThreatModel[1];
    if (!data.isEmpty()) {
      problems.collect(() -> samples[0] = which.samples(data));
    }
    Bundle bundle = which.open(problems, shape(samples[0]));
    String given = threat;
    if (given != null) {
      collect("--threat", given, problems, () -> bounds[0] = ThreatModel.parse(given));
      requirePixels("--threat " + given, bounds[0], problems);
    } else if (bundle != null) {
      bounds[0] = bundle.threat();
      if (bounds[0] == null) {
        problems.add(
            "--threat",
            "a threat model, since the model was not hardened against one",
            "nothing",
            "such as --threat linf:0.1");
      }
    }
    if (bundle != null && samples[0] != null) {
      samples[0] = labelled(bundle, samples[0], "--data " + data, problems);
    }
    try {
      if (bundle != null) {
        Dataset some = samples[0] == null || examples < 1 ? null : samples[0].first(examples);
        check.of(bundle, some, bounds[0]);
      }
      problems.throwIfAny();
    } catch (InvalidInputException e) {
      if (bundle != null) {
        bundle.close();
      }
      throw e;
    }
    if (bundle == null) {
      throw new IllegalStateException("a model that could not be opened was reported");
    }
    return new Opened(bundle, samples[0].first(examples), bounds[0]);
  }

  /** Of one sample; null without data. */
  static @Nullable Shape shape(@Nullable Dataset data) {
    return data == null ? null : Shape.of(data.info().shapeArray());
  }

  /**
   * The samples with the model's labels. Those of all samples are checked, whether they are
   * attacked or not: others mean another task.
   */
  static Dataset labelled(Bundle bundle, Dataset samples, String source, Problems problems) {
    Problems own = new Problems(source);
    Dataset matched = NamedClasses.matching(samples, bundle.classNames(), own);
    if (own.isEmpty()) {
      int classes = bundle.classifier().classes();
      String known = "classes from 0 to " + (classes - 1) + ", those of the model";
      StrayLabels.of(matched, classes)
          .ifPresent(stray -> own.add("labels", known, stray.found(), stray.hint()));
    }
    own.list().forEach(problems::add);
    return matched;
  }

  /** All samples that can be named are images. */
  private static void requirePixels(
      String source, @Nullable ThreatModel threat, Problems problems) {
    if (threat != null && !threat.domain().equals(Domain.UNIT)) {
      String found = threat.domain().toString();
      problems.add(new Problem(source, "domain", Domain.OF_PIXELS, found, Domain.OF_BYTES));
    }
  }

  private static void requireGiven(
      String option, String value, String expected, Problems problems) {
    if (value.isEmpty()) {
      problems.add(option, expected, "nothing");
    }
  }

  /** Runs a check of an option's value; what has no source of its own gets the option's. */
  static void collect(String option, String value, Problems problems, Runnable check) {
    try {
      check.run();
    } catch (InvalidInputException e) {
      for (Problem p : e.problems()) {
        boolean own = !p.source().isEmpty() && !value.startsWith(p.source());
        String source = own ? p.source() : option + " " + value;
        problems.add(new Problem(source, p.field(), p.expected(), p.found(), p.hint()));
      }
    }
  }
}
