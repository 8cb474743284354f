/** Attacks by natural corruptions. */
@NullMarked
package io.holdfast.attack.corruption;

import org.jspecify.annotations.NullMarked;
