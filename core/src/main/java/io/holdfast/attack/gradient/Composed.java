package io.holdfast.attack.gradient;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.StepSize;
import io.holdfast.attack.Targeting;
import io.holdfast.model.DifferentiableJpeg;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Iterated gradient steps composed of parts: BIM, PGD with momentum, Nesterov or Adam,
 * multi-targeted PGD, and the family that was made for transfer (MI-, NI-, SI-, DI-, TI-, VMI-,
 * VNI- and PI-FGSM, Admix and their combinations). Each {@link Line} is one such composition under
 * its usual name.
 *
 * <p>In L2 and L1 steps are the steepest ones of that ball, and gradients are accumulated over
 * their length in its norm.
 *
 * @param line under whose name and defaults
 * @param run steps, start, loss, targets, and which iterates count
 * @param recipe the parts
 */
public record Composed(Line line, Pgd run, Recipe recipe) implements GradientAttack<Composed> {
  private static final Map<String, AttackSpec<Composed>> SPECS = new LinkedHashMap<>();

  static {
    Line.ALL.forEach(line -> SPECS.put(line.name(), spec(line)));
  }

  /** The registry's lines. */
  public static final List<AttackSpec<Composed>> LINES = List.copyOf(SPECS.values());

  private static AttackSpec<Composed> spec(Line line) {
    return new AttackSpec<>(
        line.name(), line.summary(), line.sets(), line.paper(), line.usual(), knobs(line));
  }

  private static List<Knob<Composed>> knobs(Line line) {
    List<Knob<Composed>> all = new ArrayList<>();
    all.add(Knobs.count("steps", "steps per round, at least 1", Composed::steps, Composed::steps));
    all.add(Knobs.step(line.reach().words, Composed::stepSize, Composed::stepSize));
    Pgd.ROUNDS.forEach(k -> all.add(Knobs.of(Composed::run, Composed::with, k)));
    Recipe.knobs().forEach(k -> all.add(Knobs.of(Composed::recipe, Composed::with, k)));
    return all;
  }

  /** With the line's defaults. */
  public static Composed of(Line line) {
    return line.usual();
  }

  int steps() {
    return run.steps();
  }

  StepSize stepSize() {
    return run.stepSize();
  }

  /** Another number of steps; the line's own length follows it. */
  public Composed steps(int number) {
    boolean own = run.stepSize().equals(line.reach().of(run.steps()));
    GradientChecks.requirePositive(line.name(), "steps", number);
    return with(run.steps(number, own ? line.reach().of(number) : run.stepSize()));
  }

  public Composed stepSize(StepSize size) {
    return with(run.stepSize(size));
  }

  public Composed restarts(int number) {
    return with(run.restarts(number));
  }

  public Composed loss(Losses loss) {
    return with(run.loss(loss));
  }

  public Composed track(Pgd.Track which) {
    return with(run.track(which));
  }

  public Composed with(Pgd otherRun) {
    return new Composed(line, otherRun, recipe);
  }

  public Composed with(Recipe other) {
    return new Composed(line, run, other);
  }

  @Override
  public AttackSpec<Composed> spec() {
    return Objects.requireNonNull(SPECS.get(line.name()));
  }

  @Override
  public int restarts() {
    return run.restarts();
  }

  @Override
  public Targeting targeting() {
    return run.targeting();
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    GradientAttack.super.check(threat, classes);
    List<String> sets = recipe.patches().none() ? AttackSpec.BALLS : List.of("linf");
    GradientChecks.requireBalls(key(), threat, sets);
  }

  @Override
  public void checkInputs(long[] shape) {
    if (recipe.needsImages()) {
      GradientChecks.requireImages(key(), shape);
    }
    if (!recipe.compression().none()) {
      DifferentiableJpeg.require("attack " + key(), shape);
    }
  }

  @Override
  public Ascent ascent() {
    return run.ascent().with(recipe);
  }
}
