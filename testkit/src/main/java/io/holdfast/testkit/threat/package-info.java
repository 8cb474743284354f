/** The contract kit of perturbation sets and their regions. */
@NullMarked
package io.holdfast.testkit.threat;

import org.jspecify.annotations.NullMarked;
