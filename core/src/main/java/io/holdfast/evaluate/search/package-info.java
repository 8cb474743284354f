/** Search for the settings of an attack on a slice of samples. */
@NullMarked
package io.holdfast.evaluate.search;

import org.jspecify.annotations.NullMarked;
