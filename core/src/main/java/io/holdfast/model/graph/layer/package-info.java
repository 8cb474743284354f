/**
 * One immutable record for each layer type: hyper-parameters, shapes and parameters, no
 * computation.
 */
@NullMarked
package io.holdfast.model.graph.layer;

import org.jspecify.annotations.NullMarked;
