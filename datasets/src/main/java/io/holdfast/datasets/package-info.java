/** Small real data sets that travel with Holdfast, each with its licence. */
@NullMarked
package io.holdfast.datasets;

import org.jspecify.annotations.NullMarked;
