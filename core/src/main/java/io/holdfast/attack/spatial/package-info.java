/** Attacks that move pixels rather than change them. */
@NullMarked
package io.holdfast.attack.spatial;

import org.jspecify.annotations.NullMarked;
