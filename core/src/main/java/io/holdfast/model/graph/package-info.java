/** Networks as typed graphs of layers that own their weights, and how they are computed. */
@NullMarked
package io.holdfast.model.graph;

import org.jspecify.annotations.NullMarked;
