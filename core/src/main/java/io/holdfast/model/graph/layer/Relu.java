package io.holdfast.model.graph.layer;

/** {@code max(x, 0)}. */
public record Relu() implements Elementwise {}
