/**
 * The engine room: a facade over LibTorch that owns lifetimes, threads, randomness and native
 * loading. Nothing else in Holdfast imports {@code org.bytedeco}.
 *
 * <p>Every tensor has a {@link io.holdfast.tensor.TensorOwner}. Results of operations belong to the
 * innermost {@link io.holdfast.tensor.Scope} open on the thread and die with it; what must live
 * longer is kept in the enclosing scope or adopted by a {@link io.holdfast.tensor.SharedScope}.
 */
@NullMarked
package io.holdfast.tensor;

import org.jspecify.annotations.NullMarked;
