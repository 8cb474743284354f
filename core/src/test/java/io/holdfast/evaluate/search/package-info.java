/** Tests of the search for settings. */
@NullMarked
package io.holdfast.evaluate.search;

import org.jspecify.annotations.NullMarked;
