/** The training loop on tiny networks and a few embedded samples. */
@NullMarked
package io.holdfast.train;

import org.jspecify.annotations.NullMarked;
