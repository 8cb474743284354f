/** What every floor uses: problems, seeds, settings, progress, journal. */
@NullMarked
package io.holdfast.common;

import org.jspecify.annotations.NullMarked;
