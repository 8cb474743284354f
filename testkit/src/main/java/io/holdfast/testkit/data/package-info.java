/** Small data files of every format, and damaging them. */
@NullMarked
package io.holdfast.testkit.data;

import org.jspecify.annotations.NullMarked;
