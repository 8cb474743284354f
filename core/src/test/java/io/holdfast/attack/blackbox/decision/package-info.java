/** Tests of the attacks that hear the predicted class only. */
@NullMarked
package io.holdfast.attack.blackbox.decision;

import org.jspecify.annotations.NullMarked;
