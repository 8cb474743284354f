/** Tests of compiled attack plans. */
@NullMarked
package io.holdfast.model.plan;

import org.jspecify.annotations.NullMarked;
