/** A made-up floor on which the architecture rules are tried. */
@NullMarked
package io.holdfast.architecture.low;

import org.jspecify.annotations.NullMarked;
