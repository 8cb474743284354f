package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A training loss with the adversary inside. It sees one shard at a time, is used by many threads
 * at once, and holds no state. Its {@code toString} tells all its settings: by it a run that goes
 * on from a folder knows that it is the same one.
 */
public interface Objective {
  /** The name in experiment files, such as {@code trades}. */
  String name();

  /** True where the loss uses adversarial examples. */
  default boolean adversarial() {
    return true;
  }

  /**
   * True where the loss says where its search begins, whatever the experiment's search says. Others
   * pass {@link ShardContext#start} on.
   */
  default boolean ownStart() {
    return false;
  }

  /**
   * True where it searches in a way of its own, or more than once: then the experiment's search
   * must be a plain one (pgd, fgsm, r-fgsm).
   */
  default boolean ownSearch() {
    return false;
  }

  /**
   * True where a loss comes with the logits of adversarial inputs, from which training's own robust
   * accuracy is told.
   */
  default boolean tellsRobust() {
    return adversarial();
  }

  /**
   * True where the threat model counts although no adversarial example is searched for, as for
   * bounds.
   */
  default boolean bounded() {
    return false;
  }

  /** The progress from which on its bounds are those of the whole radius; 0 for all the time. */
  default double boundsWhole() {
    return 0;
  }

  /** True where the threat model must be one L-infinity ball. */
  default boolean boxed() {
    return bounded();
  }

  /** True where the threat model must be a ball, or a union of balls. */
  default boolean balls() {
    return ownRadii();
  }

  /**
   * True where each sample has a radius of its own, the threat model's scaled: then a ball must be
   * that of a norm, which L0 is not.
   */
  default boolean ownRadii() {
    return false;
  }

  /**
   * True where a sample's loss depends on the other samples of its batch: its shards wait for each
   * other where {@link ShardContext#batchSum} asks, and all of them are in memory at once.
   */
  default boolean acrossBatch() {
    return false;
  }

  /** True where derivatives are derived: not with synchronised batch norm, nor with attention. */
  default boolean derivesTwice() {
    return false;
  }

  /** True where inputs must be images {@code [C, H, W]} in [0, 1]. */
  default boolean needsImages() {
    return false;
  }

  /** True where it remembers a number for each sample from epoch to epoch. */
  default boolean remembers() {
    return false;
  }

  /**
   * How many figures it adds up from step to step ({@link ShardContext#figures}); 0 for none.
   *
   * @param members of the threat model, at least 1
   */
  default int figures(int members) {
    return 0;
  }

  /**
   * How likely each member of the threat model is attacked now, where it draws them by its figures;
   * they add up to 1. Empty where it does not.
   *
   * @param figures as {@link ShardContext#figures} has them
   */
  default double[] chances(double[] figures) {
    return new double[0];
  }

  /**
   * True where labels count by {@link Predictions#crossEntropy} and {@link PgdAt#worst} alone, so
   * that samples may have two of them ({@link ShardContext#mixture}).
   */
  default boolean mixes() {
    return false;
  }

  /**
   * True where {@code train.label_smoothing} changes it: a cross-entropy with the label, or another
   * loss of the label's whole distribution, is a part of it.
   */
  default boolean smooths() {
    return true;
  }

  /** The same of what it computes as a term of a sum, see {@link #term}. */
  default boolean smoothsAsTerm() {
    return smooths();
  }

  /**
   * True where it moves inputs by lengths in L2 of its own, which mean something else for images of
   * another size.
   */
  default boolean ownLengths() {
    return false;
  }

  /** How many classes there must be, or 0 where any number will do. */
  default int classes() {
    return 0;
  }

  /** Layers of the network that it asks about by name. */
  default List<String> layers() {
    return List.of();
  }

  /** Other models that it learns from. */
  default List<Guide> guides() {
    return List.of();
  }

  /**
   * True where another network of the same layers is trained beside, by the same loss; see {@link
   * ShardContext#besideLogits}.
   */
  default boolean trainsBeside() {
    return false;
  }

  /**
   * What a step costs per sample.
   *
   * @param members of the threat model: 1 unless it is a union, whose members are searched one by
   *     one
   * @param progress of training in [0, 1], where it is known to cost less at times
   */
  default Passes passes(int members, double progress) {
    return adversarial() ? Passes.CLEAN.searching(1).over(members) : Passes.CLEAN;
  }

  /**
   * Which of its {@link #passes(int, double)} a sum of objectives makes once for all its terms.
   *
   * @param progress of training in [0, 1]
   */
  default Set<CommonPass> common(double progress) {
    return Set.of();
  }

  /**
   * How many of its searches a second pass over a step makes again: those of a way of its own; a
   * pass forward more in each step counts as half of one.
   *
   * @param members of the threat model
   * @param progress of training in [0, 1]
   */
  default double repeated(int members, double progress) {
    Passes passes = passes(members, progress);
    return ownSearch() ? passes.searches() + passes.tries() / 2 : 0;
  }

  /** True where it takes the steps of the experiment's search, not only some of its own. */
  default boolean takesSteps() {
    return adversarial();
  }

  /** The loss of one shard, on the tape of the shard's parameter leaves. */
  ShardLoss loss(ShardContext shard);

  /**
   * As a part of {@link Hybrid}: the loss itself; of a penalty, which by itself stands beside the
   * clean cross-entropy, the penalty alone.
   */
  default ShardLoss term(ShardContext shard) {
    return loss(shard);
  }

  /**
   * What an objective gives back. Shapes: n samples, K classes.
   *
   * @param perSample losses {@code [n]}, on the tape; the loop multiplies each by its sample's
   *     weight, adds them up and divides by the number of samples in the batch
   * @param clean logits {@code [n, K]} of clean inputs, off the tape, where the objective has them
   * @param robust logits {@code [n, K]} of adversarial inputs, off the tape, where it has them
   */
  record ShardLoss(Tensor perSample, @Nullable Tensor clean, @Nullable Tensor robust) {
    /** From logits that may be on the tape. */
    public static ShardLoss of(Tensor perSample, @Nullable Tensor clean, @Nullable Tensor robust) {
      return new ShardLoss(
          perSample,
          clean == null ? null : clean.detach(),
          robust == null ? null : robust.detach());
    }
  }
}
