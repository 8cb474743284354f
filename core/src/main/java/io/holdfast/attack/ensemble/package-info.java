/** Attacks that consist of several others. */
@NullMarked
package io.holdfast.attack.ensemble;

import org.jspecify.annotations.NullMarked;
