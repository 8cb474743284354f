/** Tests of the attacks that follow the input gradient. */
@NullMarked
package io.holdfast.attack.gradient;

import org.jspecify.annotations.NullMarked;
