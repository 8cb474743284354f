/** The experiment file and what is done with it: the last floor. */
@NullMarked
package io.holdfast.experiment;

import org.jspecify.annotations.NullMarked;
