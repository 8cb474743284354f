/** The one training loop, its optimisers, curricula and checkpoints. */
@NullMarked
package io.holdfast.train;

import org.jspecify.annotations.NullMarked;
