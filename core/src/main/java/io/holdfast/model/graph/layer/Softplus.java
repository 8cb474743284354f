package io.holdfast.model.graph.layer;

/** {@code log(1 + exp(x))}. */
public record Softplus() implements Elementwise {}
