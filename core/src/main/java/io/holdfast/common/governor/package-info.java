/** The governor: what may run now, given cores, memory, deadline, cost, load and hours. */
@NullMarked
package io.holdfast.common.governor;

import org.jspecify.annotations.NullMarked;
