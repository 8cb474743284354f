@NullMarked
package io.holdfast.data.image.corruption;

import org.jspecify.annotations.NullMarked;
