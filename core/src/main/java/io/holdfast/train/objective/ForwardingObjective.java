package io.holdfast.train.objective;

import java.util.List;
import java.util.Set;

/** Passes everything on to another objective; subclasses change single answers. */
public class ForwardingObjective implements Objective {
  private final Objective objective;

  /** To this one. */
  public ForwardingObjective(Objective objective) {
    this.objective = objective;
  }

  @Override
  public String name() {
    return objective.name();
  }

  /** The subclass and what it passes on to; a subclass with settings of its own tells them, too. */
  @Override
  public String toString() {
    return getClass().getName() + "[" + objective + "]";
  }

  @Override
  public boolean adversarial() {
    return objective.adversarial();
  }

  @Override
  public boolean tellsRobust() {
    return objective.tellsRobust();
  }

  @Override
  public boolean ownStart() {
    return objective.ownStart();
  }

  @Override
  public boolean ownSearch() {
    return objective.ownSearch();
  }

  @Override
  public boolean bounded() {
    return objective.bounded();
  }

  @Override
  public double boundsWhole() {
    return objective.boundsWhole();
  }

  @Override
  public boolean boxed() {
    return objective.boxed();
  }

  @Override
  public boolean balls() {
    return objective.balls();
  }

  @Override
  public boolean ownRadii() {
    return objective.ownRadii();
  }

  @Override
  public boolean smooths() {
    return objective.smooths();
  }

  @Override
  public boolean smoothsAsTerm() {
    return objective.smoothsAsTerm();
  }

  @Override
  public boolean ownLengths() {
    return objective.ownLengths();
  }

  @Override
  public boolean acrossBatch() {
    return objective.acrossBatch();
  }

  @Override
  public boolean derivesTwice() {
    return objective.derivesTwice();
  }

  @Override
  public boolean needsImages() {
    return objective.needsImages();
  }

  @Override
  public boolean remembers() {
    return objective.remembers();
  }

  @Override
  public int figures(int members) {
    return objective.figures(members);
  }

  @Override
  public double[] chances(double[] figures) {
    return objective.chances(figures);
  }

  @Override
  public boolean mixes() {
    return objective.mixes();
  }

  @Override
  public int classes() {
    return objective.classes();
  }

  @Override
  public List<String> layers() {
    return objective.layers();
  }

  @Override
  public List<Guide> guides() {
    return objective.guides();
  }

  @Override
  public boolean trainsBeside() {
    return objective.trainsBeside();
  }

  @Override
  public Passes passes(int members, double progress) {
    return objective.passes(members, progress);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return objective.common(progress);
  }

  @Override
  public double repeated(int members, double progress) {
    return objective.repeated(members, progress);
  }

  @Override
  public boolean takesSteps() {
    return objective.takesSteps();
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    return objective.loss(shard);
  }

  @Override
  public ShardLoss term(ShardContext shard) {
    return objective.term(shard);
  }
}
