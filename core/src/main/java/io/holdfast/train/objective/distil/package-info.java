/** Learning from other models. */
@NullMarked
package io.holdfast.train.objective.distil;

import org.jspecify.annotations.NullMarked;
