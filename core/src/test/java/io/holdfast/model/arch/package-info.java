/** Tests of architectures. */
@NullMarked
package io.holdfast.model.arch;

import org.jspecify.annotations.NullMarked;
