/** Bounds against points. */
@NullMarked
package io.holdfast.verify.bound;

import org.jspecify.annotations.NullMarked;
