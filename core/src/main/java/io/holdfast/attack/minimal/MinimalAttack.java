package io.holdfast.attack.minimal;

import io.holdfast.attack.ListedAttack;
import io.holdfast.threat.Knowledge;

/**
 * A white-box attack that looks for the smallest change. It follows differences of scores close to
 * the boundary, where those of a search in bfloat16 are mostly rounding: FAB-T in L2 1.5 felled 37
 * of 78 images of a hardened model in bfloat16, 57 in float32.
 */
public interface MinimalAttack<A extends MinimalAttack<A>> extends ListedAttack<A> {
  @Override
  default Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  default boolean seeksSmallest() {
    return true;
  }

  @Override
  default boolean exact() {
    return true;
  }
}
