/** Adversarial training beyond PGD-AT and TRADES. */
@NullMarked
package io.holdfast.train.objective.adversarial;

import org.jspecify.annotations.NullMarked;
