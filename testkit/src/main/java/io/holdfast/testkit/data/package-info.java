/** Small data files of every format, and fuzzing of the readers. */
@NullMarked
package io.holdfast.testkit.data;

import org.jspecify.annotations.NullMarked;
