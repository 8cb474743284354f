/** Tests of the attacks that look for one perturbation for many samples. */
@NullMarked
package io.holdfast.attack.universal;

import org.jspecify.annotations.NullMarked;
