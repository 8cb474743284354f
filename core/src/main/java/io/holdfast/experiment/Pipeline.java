package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.governor.Governor;
import io.holdfast.common.governor.Journal;
import io.holdfast.data.Dataset;
import io.holdfast.train.TrainingCost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Trains in stages, each of which goes on with the weights of the one before. Immutable: each
 * method gives a changed copy.
 *
 * <pre>{@code
 * Bundle hardened = Pipeline.of(Hardening.of(Architectures.smallCnn(1, 10)).against(threat).seed(7))
 *     .stage("pretrain", h -> h.objective(new Standard()).epochs(2))
 *     .stage("harden", h -> h.objective(Trades.beta(6)).attack(Pgd.steps(7)).epochs(4))
 *     .fit(train);
 * }</pre>
 *
 * <p>The first stage gives the weights that it would give alone; the random streams of the others
 * are those of the seed's children {@code ("stage", number)}. With a folder each stage has one of
 * its own, {@code stages/NAME}, with its metrics, checkpoint and model; a run that goes on begins
 * where the killed one stood, and ends with the same bits. Stages with the same share of validation
 * samples hold out the same ones; with different shares one may learn what another is validated on.
 *
 * <p>A governor of the common training is that of all stages together: each has one of its own,
 * with its part of the deadline and of the processor time, and all decisions are in the journal of
 * the common one in the end. A stage that is to have another one, outside of it, is refused.
 */
public final class Pipeline {
  /** Where the folders of the stages are. */
  static final String FOLDER = "stages";

  private final Hardening base;
  private final List<Part> parts;

  /**
   * A stage.
   *
   * @param after the earlier stage to begin with; null for weights of its own
   */
  private record Part(String name, Hardening training, @Nullable String after) {}

  private Pipeline(Hardening base, List<Part> parts) {
    this.base = base;
    this.parts = List.copyOf(parts);
  }

  /** Stages that have this in common; what it trains by itself is not run. */
  public static Pipeline of(Hardening common) {
    return new Pipeline(common, List.of());
  }

  /**
   * One more stage, which begins with the weights of the one before; the first with those of the
   * common training, or fresh ones.
   *
   * @param name of its folder: letters, digits, dot, dash and underscore
   * @param changes what it does unlike the common training
   */
  public Pipeline stage(String name, UnaryOperator<Hardening> changes) {
    String before = parts.isEmpty() ? null : parts.get(parts.size() - 1).name();
    return stage(name, changes.apply(base), before);
  }

  /**
   * One more stage, which begins with the weights of a bundle instead.
   *
   * @param start stays the caller's
   */
  public Pipeline stage(String name, Bundle start, UnaryOperator<Hardening> changes) {
    return stage(name, changes.apply(base).startFrom(start), null);
  }

  /** One more stage, trained like this and after that one. */
  Pipeline stage(String name, Hardening training, @Nullable String after) {
    List<Part> more = new ArrayList<>(parts);
    more.add(new Part(name, training, after));
    return new Pipeline(base, more);
  }

  /** The folder of a stage within that of a run. */
  static Path folder(Path run, String stage) {
    return run.resolve(FOLDER).resolve(stage);
  }

  /**
   * Trains all stages; those that an earlier run has finished, where this one goes on with it, are
   * taken as they are.
   *
   * @return the last one's model; the caller closes it
   * @throws InvalidInputException if stages, model and data do not go together, before the first
   *     step; or if what an earlier run has left is of other stages
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   * @throws io.holdfast.common.HoldfastException if training diverges or a file cannot be written
   */
  public Bundle fit(Dataset train) {
    base.run().prepare(train);
    check(train);
    if (!base.resumes()) {
      parts.forEach(this::forget);
    }
    StageBudgets budgets = budgets(train);
    Map<String, Bundle> done = new LinkedHashMap<>();
    try {
      for (int i = 0; i < parts.size(); i++) {
        done.put(parts.get(i).name(), trained(i, done, train, budgets));
      }
      return done.remove(parts.get(parts.size() - 1).name());
    } finally {
      done.values().forEach(Bundle::close);
    }
  }

  /**
   * Trains up to so many epochs over all stages and pauses there.
   *
   * @return the folder of the stage that was reached
   */
  Path advance(Dataset train, int epochs) {
    Path run = Objects.requireNonNull(base.folder());
    base.run().prepare(train);
    check(train);
    StageBudgets budgets = budgets(train);
    Map<String, Bundle> done = new LinkedHashMap<>();
    try {
      int left = epochs;
      for (int i = 0; i < parts.size(); i++) {
        int own = parts.get(i).training().settings().epochs();
        boolean last = i == parts.size() - 1;
        if (left < own || last) {
          try (Governor leading = governor(i, budgets)) {
            prepared(i, done, leading).run().advance(train, left);
          }
          return folder(run, parts.get(i).name());
        }
        done.put(parts.get(i).name(), trained(i, done, train, budgets));
        left -= own;
        if (left == 0) {
          return folder(run, parts.get(i).name());
        }
      }
      throw new IllegalStateException("no stages");
    } finally {
      done.values().forEach(Bundle::close);
    }
  }

  /** Refuses what {@link #fit} would refuse before its first step; changes nothing. */
  void check(Dataset train) {
    Problems problems = new Problems("stages");
    if (parts.isEmpty()) {
      problems.add("", "at least one stage", "none");
    }
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      boolean twice = parts.subList(0, i).stream().anyMatch(p -> p.name().equals(part.name()));
      if (twice || !Stage.PLAIN.matcher(part.name()).matches()) {
        problems.add("name", "a plain name of its own", part.name());
      }
      Governor other = part.training().governor();
      if (base.governor() != null && other != null && other != base.governor()) {
        problems.add("governor", "that of the common training", "another one of " + part.name());
      }
      Hardening training = part.training();
      // What only the beginning of a run may do is the first stage's.
      Part alone = i == 0 ? part : new Part(part.name(), training.governor(null), part.after());
      try {
        check(alone, train);
      } catch (InvalidInputException e) {
        e.problems().forEach(p -> problems.add(named(p, part)));
      }
    }
    Governor whole = base.governor();
    if (whole != null) {
      List<String> names = parts.stream().map(Part::name).toList();
      problems.collect(() -> StageBudgets.requireFitting(whole.budgets(), names));
    }
    problems.throwIfAny();
  }

  /** What a training says of itself, as of this one. */
  private static Problem named(Problem p, Part part) {
    return p.source().equals(HardeningRun.SOURCE)
        ? new Problem(sourceOf(part.name()), p.field(), p.expected(), p.found(), p.hint())
        : p;
  }

  /** The source of a problem of one stage. */
  static String sourceOf(String stage) {
    return "stage " + stage;
  }

  private static void check(Part part, Dataset train) {
    if (part.after() == null) {
      part.training().run().check(train);
      return;
    }
    try (Bundle standIn = part.training().run().untrained()) {
      part.training().after(standIn).run().check(train);
    }
  }

  /** Null without a governor. */
  private @Nullable StageBudgets budgets(Dataset train) {
    Governor whole = base.governor();
    return whole == null
        ? null
        : new StageBudgets(whole, parts.stream().map(part -> cost(part, train)).toList());
  }

  private static double cost(Part part, Dataset train) {
    Hardening training = part.training();
    TrainingCost cost = training.run().cost(train, training.settings().epochs());
    // A gradient of inputs alone takes about half of the time of one of the weights, too.
    return 2 * cost.backwardPasses() - cost.attackGradients();
  }

  private @Nullable Governor governor(int number, @Nullable StageBudgets budgets) {
    Part part = parts.get(number);
    return budgets == null
        ? null
        : budgets.governor(number, part.name(), part.training().display());
  }

  private Bundle trained(
      int number, Map<String, Bundle> done, Dataset train, @Nullable StageBudgets budgets) {
    Part part = parts.get(number);
    Path folder = folder(part);
    Path model = folder == null ? null : new RunFolder(folder).model();
    if (model != null && base.resumes() && Files.exists(model)) {
      Path journal = model.resolveSibling(Journal.FILE);
      if (budgets != null && Files.exists(journal)) {
        budgets.ended(Journal.read(journal), base.folder());
      }
      return prepared(number, done, null).run().trained(train, model);
    }
    try (Governor own = governor(number, budgets)) {
      Bundle fitted = prepared(number, done, own).fit(train);
      Bundle trained = model == null ? fitted : fitted.after(one -> one.write(model));
      if (budgets != null && own != null) {
        budgets.ended(own.journal().decisions(), base.folder());
      }
      return trained;
    }
  }

  /** A stage with its folder, its seed, its governor and what it begins with. */
  private Hardening prepared(int number, Map<String, Bundle> done, @Nullable Governor own) {
    Part part = parts.get(number);
    Path folder = folder(part);
    // What one stage holds out another with the same share does not learn.
    Hardening training = part.training().splitting(base.seed()).seed(seed(number).value());
    if (own != null) {
      training = training.governor(own);
    }
    if (folder != null) {
      training = training.folder(folder);
    }
    Bundle before = part.after() == null ? null : done.get(part.after());
    return before == null ? training : training.after(before);
  }

  private Seed seed(int number) {
    return number == 0 ? base.seed() : base.seed().split("stage").split(number);
  }

  private @Nullable Path folder(Part part) {
    Path run = base.folder();
    return run == null ? null : folder(run, part.name());
  }

  /** What an earlier run has left would count as trained, or be gone on with. */
  private void forget(Part part) {
    Path folder = folder(part);
    if (folder != null) {
      RunFolder left = new RunFolder(folder);
      List.of(left.model(), left.checkpoint(), left.metrics(), left.journal())
          .forEach(RunFolder::delete);
    }
  }
}
