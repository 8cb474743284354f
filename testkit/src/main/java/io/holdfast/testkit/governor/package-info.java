/** Gauges that tests script. */
@NullMarked
package io.holdfast.testkit.governor;

import org.jspecify.annotations.NullMarked;
