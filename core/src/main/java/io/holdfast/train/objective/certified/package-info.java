/** Bounds and smoothing inside the loss. */
@NullMarked
package io.holdfast.train.objective.certified;

import org.jspecify.annotations.NullMarked;
