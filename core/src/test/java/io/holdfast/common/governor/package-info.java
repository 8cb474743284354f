/** Tests of what makes heavy work wait. */
@NullMarked
package io.holdfast.common.governor;

import org.jspecify.annotations.NullMarked;
