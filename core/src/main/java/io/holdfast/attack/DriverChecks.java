package io.holdfast.attack;

import io.holdfast.common.Problems;
import io.holdfast.model.TransferClassifier;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.PixelSet;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What must hold before an attack begins; all problems at once. */
final class DriverChecks {
  private DriverChecks() {}

  /** The attack alone, before there are inputs. */
  static void require(AttackDriver driver, Attack attack) {
    Problems problems = new Problems("attack " + attack.key());
    problems.collect(() -> driver.threat().checkedFor(values(driver)));
    stagesFit(driver, attack, problems);
    problems.collect(() -> checkStages(driver, attack));
    problems.throwIfAny();
  }

  static void require(AttackDriver driver, Attack attack, Tensor x, int[] labels, long[] ids) {
    Problems problems = new Problems("attack " + attack.key());
    problems.collect(() -> driver.threat().checkedFor(values(driver)));
    stagesFit(driver, attack, problems);
    inputsFit(driver, x, labels, ids, problems);
    problems.throwIfAny();
    checkStages(driver, attack);
  }

  private static void stagesFit(AttackDriver driver, Attack attack, Problems problems) {
    attack
        .stages(driver.threat(), driver.model().classes())
        .forEach(stage -> attackFits(driver, stage, problems));
  }

  private static void checkStages(AttackDriver driver, Attack attack) {
    int classes = driver.model().classes();
    Set<Attack> parts = new LinkedHashSet<>(List.of(attack)); // it and what it consists of
    parts.addAll(attack.stages(driver.threat(), classes));
    parts.forEach(part -> part.check(driver.threat(), classes));
  }

  /** Of one input. */
  private static long values(AttackDriver driver) {
    return Arrays.stream(driver.model().inputShape()).reduce(1, Math::multiplyExact);
  }

  private static void attackFits(AttackDriver driver, Attack attack, Problems problems) {
    Knowledge allowed = driver.threat().knowledge();
    Knowledge needed = needed(driver, attack);
    if (!allowed.allows(needed)) {
      problems.add(
          "knowledge",
          "an attack for a threat model of knowledge " + allowed.key(),
          "one that needs " + needed.key());
    }
    problems.collect(() -> attack.checkInputs(driver.model().inputShape()));
    problems.collect(() -> attack.checkLayers(driver.model().layers()));
    if (attack.needs() == Knowledge.WHITE_BOX && !driver.model().differentiable()) {
      problems.add("", "a model with input gradients", "one without");
    }
    boolean pixels = driver.threat().set().members().stream().anyMatch(PixelSet.class::isInstance);
    if (pixels && driver.model().inputShape().length != 3) {
      problems.add(
          "perturbation",
          "a model of images [C, H, W] for " + driver.threat().set().key(),
          "one of inputs " + Arrays.toString(driver.model().inputShape()));
    }
    int classes = driver.model().classes();
    if (driver.threat().goal() instanceof Goal.TargetClass goal && goal.target() >= classes) {
      problems.add("goal", "a class below " + classes, Integer.toString(goal.target()));
    }
    driver.threat().members().forEach(member -> roundsFit(member, attack, classes, problems));
  }

  /**
   * What the attacker must see of the model itself. With a surrogate that is the predicted class,
   * or the scores where targets are chosen by them.
   */
  private static Knowledge needed(AttackDriver driver, Attack attack) {
    if (!(driver.model() instanceof TransferClassifier)) {
      return attack.needs();
    }
    boolean byScores = attack.targeting() != Targeting.GOAL && !driver.threat().goal().targeted();
    return byScores ? Knowledge.SCORE : Knowledge.DECISION;
  }

  private static void roundsFit(ThreatModel member, Attack attack, int classes, Problems problems) {
    int restarts = attack.restarts(member);
    if (restarts < 1) {
      problems.add("restarts", "at least 1", Integer.toString(restarts));
    }
    if (member.unlimited() && !attack.seeksSmallest()) {
      problems.add(
          "epsilon",
          "a finite epsilon, or an attack that looks for the smallest change",
          member.set().key());
    }
    boolean several = (long) restarts * attack.targeting().rounds(attack, member, classes) != 1;
    if (attack.scope() == SampleScope.UNIVERSAL && several) {
      problems.add("restarts", "one round of a universal attack", "several");
    }
  }

  private static void inputsFit(
      AttackDriver driver, Tensor x, int[] labels, long[] ids, Problems problems) {
    long n = x.rank() == 0 ? 0 : x.size(0);
    if (labels.length != n || ids.length != n || n == 0) {
      problems.add(
          "inputs",
          "as many labels and ids as inputs, at least one",
          n + " inputs, " + labels.length + " labels, " + ids.length + " ids");
      return;
    }
    long[] shape = Arrays.copyOfRange(x.shape(), 1, x.rank());
    if (!Arrays.equals(shape, driver.model().inputShape()) || x.type() != DType.FLOAT32) {
      problems.add(
          "inputs",
          "float32 " + Arrays.toString(driver.model().inputShape()),
          x.type() + " " + Arrays.toString(shape));
      return;
    }
    int classes = driver.model().classes();
    if (Arrays.stream(labels).anyMatch(y -> y < 0 || y >= classes)) {
      int bad = Arrays.stream(labels).filter(y -> y < 0 || y >= classes).findFirst().orElse(-1);
      problems.add("labels", "classes from 0 to " + (classes - 1), Integer.toString(bad));
    }
    valuesFit(driver.threat().domain(), x, problems);
  }

  private static void valuesFit(Domain domain, Tensor x, Problems problems) {
    String expected = "values in [" + domain.low() + ", " + domain.high() + "]";
    if (!x.allFinite()) {
      problems.add("inputs", expected, "NaN or infinity");
      return;
    }
    double low = x.min().item();
    double high = x.max().item();
    if (low < domain.low() || high > domain.high()) {
      problems.add("inputs", expected, "values from " + low + " to " + high);
    }
  }
}
