/** Architectures by name, with their initialisation and the names of their weights elsewhere. */
@NullMarked
package io.holdfast.model.arch;

import org.jspecify.annotations.NullMarked;
