/** Damaging files of every kind that Holdfast reads. */
@NullMarked
package io.holdfast.testkit.fuzz;

import org.jspecify.annotations.NullMarked;
