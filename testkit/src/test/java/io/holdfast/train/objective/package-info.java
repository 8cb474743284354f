/** Objectives against slow twins. */
@NullMarked
package io.holdfast.train.objective;

import org.jspecify.annotations.NullMarked;
