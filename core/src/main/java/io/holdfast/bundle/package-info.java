/** Models with their provenance: bundles on disk, opening models, predictors that serve them. */
@NullMarked
package io.holdfast.bundle;

import org.jspecify.annotations.NullMarked;
