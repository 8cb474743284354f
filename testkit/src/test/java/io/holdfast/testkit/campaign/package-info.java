/** Tests of campaigns. */
@NullMarked
package io.holdfast.testkit.campaign;

import org.jspecify.annotations.NullMarked;
