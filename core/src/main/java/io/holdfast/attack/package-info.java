/** Attacks for evaluation and the inner maximisation of training. */
@NullMarked
package io.holdfast.attack;

import org.jspecify.annotations.NullMarked;
