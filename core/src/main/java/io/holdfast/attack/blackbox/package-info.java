/** Attacks that ask the model and see no gradient. */
@NullMarked
package io.holdfast.attack.blackbox;

import org.jspecify.annotations.NullMarked;
