package io.holdfast.model.graph.layer;

/** The hyperbolic tangent. */
public record Tanh() implements Elementwise {}
