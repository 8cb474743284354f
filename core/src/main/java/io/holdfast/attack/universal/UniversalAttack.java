package io.holdfast.attack.universal;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;

/**
 * An attack that makes a perturbation apart from the samples that it is put on, so that one that
 * was made for some can be kept and put on others: {@link KeptPerturbation}. Shapes: n samples in
 * the task.
 */
public interface UniversalAttack extends Attack {
  /**
   * Makes a perturbation for the samples of a task.
   *
   * @return {@code [1, ...]} where there is one for all
   */
  Tensor perturbation(AttackTask task);

  /**
   * Samples with a perturbation on them.
   *
   * @param perturbation as {@link #perturbation} gives it
   * @return variables as {@link #perturb} gives them
   */
  Tensor applied(AttackTask task, Tensor perturbation);

  /** The least that must be seen of a model to put a perturbation on its inputs. */
  Knowledge needsToApply();

  /**
   * Refuses a perturbation that does not go with such inputs.
   *
   * @param perturbation its shape
   * @param input shape of one input
   * @throws io.holdfast.common.InvalidInputException naming what does not fit
   */
  void checkPerturbation(long[] perturbation, long[] input);

  @Override
  default Tensor perturb(AttackTask task) {
    return applied(task, perturbation(task));
  }
}
