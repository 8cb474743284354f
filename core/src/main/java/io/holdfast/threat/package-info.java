/** What an attacker may do: perturbation sets, their sizes, goals and budgets. */
@NullMarked
package io.holdfast.threat;

import org.jspecify.annotations.NullMarked;
