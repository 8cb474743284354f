package io.holdfast.attack.minimal;

import io.holdfast.attack.ListedAttack;
import io.holdfast.threat.Knowledge;

/** A white-box attack that looks for the smallest change. */
public interface MinimalAttack<A extends MinimalAttack<A>> extends ListedAttack<A> {
  @Override
  default Knowledge needs() {
    return Knowledge.WHITE_BOX;
  }

  @Override
  default boolean seeksSmallest() {
    return true;
  }
}
