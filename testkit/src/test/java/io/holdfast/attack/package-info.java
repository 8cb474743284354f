/** The attacks of core under their contract. */
@NullMarked
package io.holdfast.attack;

import org.jspecify.annotations.NullMarked;
