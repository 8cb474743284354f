package io.holdfast.model.graph.layer;

/** {@code 1 / (1 + exp(-x))}. */
public record Sigmoid() implements Elementwise {}
