package io.holdfast.attack.ensemble;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Prospect;
import io.holdfast.attack.SampleScope;
import io.holdfast.attack.Targeting;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.function.Predicate;

/**
 * An attack that is spent where it may pay, with random streams of its own and targets in the order
 * that was learnt before.
 *
 * @param attack what runs
 * @param name of its random streams
 * @param where the samples that it is spent on
 */
record Effort(Attack attack, String name, Predicate<Prospect> where) implements Attack {
  @Override
  public String key() {
    return attack.key();
  }

  @Override
  public Knowledge needs() {
    return attack.needs();
  }

  @Override
  public boolean seeksSmallest() {
    return attack.seeksSmallest();
  }

  @Override
  public boolean exact() {
    return attack.exact();
  }

  @Override
  public boolean steers() {
    return attack.steers();
  }

  @Override
  public SampleScope scope() {
    return attack.scope();
  }

  @Override
  public Targeting targeting() {
    return attack.targeting();
  }

  @Override
  public int restarts() {
    return attack.restarts();
  }

  @Override
  public int restarts(ThreatModel threat) {
    return attack.restarts(threat);
  }

  @Override
  public int mostTargets(ThreatModel threat) {
    return attack.mostTargets(threat);
  }

  @Override
  public int publishedClasses(ThreatModel threat) {
    return attack.publishedClasses(threat);
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    attack.check(threat, classes);
  }

  @Override
  public void checkInputs(long[] shape) {
    attack.checkInputs(shape);
  }

  @Override
  public List<String> layers() {
    return attack.layers();
  }

  @Override
  public void checkLayers(List<String> known) {
    attack.checkLayers(known);
  }

  @Override
  public boolean tries(Prospect prospect) {
    return where.test(prospect);
  }

  @Override
  public boolean learnsTargets() {
    return true;
  }

  @Override
  public Tensor perturb(AttackTask task) {
    return attack.perturb(task);
  }
}
