/** Evaluation: a suite of attacks on a classifier gives a ledger, a scorecard and examples. */
@NullMarked
package io.holdfast.evaluate;

import org.jspecify.annotations.NullMarked;
