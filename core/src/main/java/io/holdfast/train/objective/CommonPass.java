package io.holdfast.train.objective;

/** A pass, or a search, that a sum of objectives makes once where several of its terms need it. */
public enum CommonPass {
  /** Logits of the clean inputs, in training mode. */
  CLEAN(1, 1, 0),
  /** Logits of the clean inputs in evaluation mode, without a derivative. */
  EVALUATED(1, 0, 0),
  /** {@link PgdAt#worst}. */
  WORST(0, 0, 1),
  /** Logits of what that has found, in training mode. */
  OF_WORST(1, 1, 0),
  /** The same search on the margin of the logits. */
  NARROWEST(0, 0, 1),
  /** Logits of what that has found, in training mode. */
  OF_NARROWEST(1, 1, 0);

  private final int forward;
  private final int backward;
  private final int searches;

  CommonPass(int forward, int backward, int searches) {
    this.forward = forward;
    this.backward = backward;
    this.searches = searches;
  }

  /** What it costs against a threat model of so many members. */
  Passes over(int members) {
    return Passes.of(forward, backward).searching(searches).over(members);
  }
}
