/** The experiment file, what follows from it, and the library's front door. */
@NullMarked
package io.holdfast.experiment;

import org.jspecify.annotations.NullMarked;
