/** Tests of evaluation on real images. */
@NullMarked
package io.holdfast.evaluate;

import org.jspecify.annotations.NullMarked;
