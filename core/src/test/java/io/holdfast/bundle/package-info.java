/** Tests of bundles. */
@NullMarked
package io.holdfast.bundle;

import org.jspecify.annotations.NullMarked;
