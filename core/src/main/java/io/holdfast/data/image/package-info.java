/** Image data sets: readers of the usual formats, and seeded transforms of {@code [C, H, W]}. */
@NullMarked
package io.holdfast.data.image;

import org.jspecify.annotations.NullMarked;
