package io.holdfast.attack;

import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.List;

/**
 * An attack for evaluation. Authors write {@link #perturb}; the {@link AttackDriver} owns the rest.
 * Immutable; safe for many threads.
 */
public interface Attack {
  /** The name in the registry, such as {@code pgd}. */
  String name();

  /** Name and parameters in one fixed form, such as {@code pgd[steps=50,restarts=5]}. */
  String key();

  /**
   * The search that this attack is an instance of: attacks of one family are the same search with
   * other settings, so that a model trained on one of them has met them all. Its name, unless it is
   * one of a larger family.
   */
  default String family() {
    return name();
  }

  /** The least the attacker must see of the model. */
  Knowledge needs();

  /** Whether it looks for the smallest change, so that the threat need not have a limit. */
  default boolean seeksSmallest() {
    return false;
  }

  /**
   * Whether a sample that it does not fell is given back as it was, so that one that is unchanged
   * says nothing about the model.
   */
  default boolean givesBackClean() {
    return false;
  }

  /** Whether it can go towards a given class; else a target is reached by chance alone. */
  default boolean steers() {
    return true;
  }

  /**
   * Whether the search must see scores in float32 whatever precision is asked for, as where it
   * takes differences of scores at neighbouring points.
   */
  default boolean exact() {
    return false;
  }

  /** What is perturbed together. */
  default SampleScope scope() {
    return SampleScope.PER_SAMPLE;
  }

  /** Which class each round steers towards. */
  default Targeting targeting() {
    return Targeting.GOAL;
  }

  /** How often the whole attack is repeated on samples that still stand, at least 1. */
  default int restarts() {
    return 1;
  }

  /** As {@link #restarts()}, where the number depends on what is attacked; never for a union. */
  default int restarts(ThreatModel threat) {
    return restarts();
  }

  /** The most classes that {@link Targeting#ALL} steers to, at least 1; never for a union. */
  default int mostTargets(ThreatModel threat) {
    return Integer.MAX_VALUE;
  }

  /**
   * Refuses what this attack cannot do.
   *
   * @throws io.holdfast.common.InvalidInputException naming what does not fit
   */
  default void check(ThreatModel threat, int classes) {}

  /**
   * The attacks that this one consists of, in order; the driver runs each on the samples that still
   * stand after those before it, with the random streams that it has alone. Where there is more
   * than one, {@link #perturb} is never called.
   *
   * @param threat what the attacker may do
   * @param classes number of classes of the model
   */
  default List<Attack> stages(ThreatModel threat, int classes) {
    return List.of(this);
  }

  /**
   * Fewest classes for which its loss is the published one, at least 2; with fewer there is another
   * in its place, or none.
   */
  default int publishedClasses(ThreatModel threat) {
    return 2;
  }

  /**
   * Whether a round is spent on a sample that still stands; the driver asks at the beginning of
   * each round.
   */
  default boolean tries(Prospect prospect) {
    return true;
  }

  /**
   * Whether {@link Targeting#ALL} takes the classes in the order of what is known when this attack
   * begins, instead of that of the clean logits: the logits where the sample came nearest to the
   * goal, and what other samples of its label fell to.
   */
  default boolean learnsTargets() {
    return false;
  }

  /**
   * Refuses inputs that this attack cannot work on.
   *
   * @param shape of one input, such as {@code [C, H, W]}
   * @throws io.holdfast.common.InvalidInputException naming what does not fit
   */
  default void checkInputs(long[] shape) {}

  /** Names of the layers that it asks the model about; empty where it asks about none by name. */
  default List<String> layers() {
    return List.of();
  }

  /**
   * Refuses models without a layer that this attack needs.
   *
   * @param known names of the model's layers in their order, the logits' last; empty where it has
   *     none
   * @throws io.holdfast.common.InvalidInputException naming what does not fit
   */
  default void checkLayers(List<String> known) {}

  /**
   * Searches in one round. Randomness comes from {@link AttackTask#seeds} alone.
   *
   * @return variables of {@link AttackTask#region} for the samples that are still in the task when
   *     this returns, in their order
   */
  Tensor perturb(AttackTask task);
}
