package io.holdfast.model.graph.layer;

/** {@code x * sigmoid(x)} (Hendrycks and Gimpel 2016, section 2). */
public record Silu() implements Elementwise {}
