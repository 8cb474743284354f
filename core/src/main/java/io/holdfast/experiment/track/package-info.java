/** Runs told to a tracking server, beside their own files and never in their way. */
@NullMarked
package io.holdfast.experiment.track;

import org.jspecify.annotations.NullMarked;
