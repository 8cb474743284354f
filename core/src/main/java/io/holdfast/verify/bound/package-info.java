/** Bounds on what a network gives for every input of a set. */
@NullMarked
package io.holdfast.verify.bound;

import org.jspecify.annotations.NullMarked;
