/** The contract that every attack keeps, and a small model to attack. */
@NullMarked
package io.holdfast.testkit.attack;

import org.jspecify.annotations.NullMarked;
