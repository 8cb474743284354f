/**
 * Data sets: lazy, random access, stable sample ids, seeded splits, and how they are opened by
 * name.
 */
@NullMarked
package io.holdfast.data;

import org.jspecify.annotations.NullMarked;
