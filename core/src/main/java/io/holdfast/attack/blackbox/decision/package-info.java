/** Attacks that hear the predicted class only, and the search that they share. */
@NullMarked
package io.holdfast.attack.blackbox.decision;

import org.jspecify.annotations.NullMarked;
