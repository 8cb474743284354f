package io.holdfast.attack;

import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.List;

/**
 * Passes everything on to another attack of a single stage; subclasses change single answers. The
 * stage is the subclass itself.
 */
public abstract class ForwardingAttack implements Attack {
  private final Attack attack;

  protected ForwardingAttack(Attack attack) {
    this.attack = attack;
  }

  @Override
  public String name() {
    return attack.name();
  }

  @Override
  public String key() {
    return attack.key();
  }

  @Override
  public String family() {
    return attack.family();
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
  public boolean givesBackClean() {
    return attack.givesBackClean();
  }

  @Override
  public boolean steers() {
    return attack.steers();
  }

  @Override
  public boolean exact() {
    return attack.exact();
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
  public void check(ThreatModel threat, int classes) {
    attack.check(threat, classes);
  }

  @Override
  public List<Attack> stages(ThreatModel threat, int classes) {
    return List.of(this);
  }

  @Override
  public int publishedClasses(ThreatModel threat) {
    return attack.publishedClasses(threat);
  }

  @Override
  public boolean tries(Prospect prospect) {
    return attack.tries(prospect);
  }

  @Override
  public boolean learnsTargets() {
    return attack.learnsTargets();
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
  public Tensor perturb(AttackTask task) {
    return attack.perturb(task);
  }
}
