/** Tests of the attacks that look for the smallest perturbation. */
@NullMarked
package io.holdfast.attack.minimal;

import org.jspecify.annotations.NullMarked;
