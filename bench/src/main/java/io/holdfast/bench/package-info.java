/** Benchmarks of our own pieces, comparisons with peers, and endless fuzzing. */
@NullMarked
package io.holdfast.bench;

import org.jspecify.annotations.NullMarked;
