/** Tests of graphs. */
@NullMarked
package io.holdfast.model.graph;

import org.jspecify.annotations.NullMarked;
