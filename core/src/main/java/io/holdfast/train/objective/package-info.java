/** Training losses with the adversary inside, one class each. */
@NullMarked
package io.holdfast.train.objective;

import org.jspecify.annotations.NullMarked;
