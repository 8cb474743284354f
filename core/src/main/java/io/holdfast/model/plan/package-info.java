/**
 * Compiled attack plans: logits and input gradients of a network with frozen weights, without a
 * tape.
 */
@NullMarked
package io.holdfast.model.plan;

import org.jspecify.annotations.NullMarked;
