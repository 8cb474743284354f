/**
 * The common corruptions of Hendrycks and Dietterich (2019), written on plain arrays and seeded.
 */
@NullMarked
package io.holdfast.data.image.corruption;

import org.jspecify.annotations.NullMarked;
