/** Tests of the ensembles. */
@NullMarked
package io.holdfast.attack.ensemble;

import org.jspecify.annotations.NullMarked;
