/** The contract kit of training objectives. */
@NullMarked
package io.holdfast.testkit.train;

import org.jspecify.annotations.NullMarked;
