package io.holdfast.model.graph.layer;

/** {@code x * Phi(x)} with the exact normal distribution function (Hendrycks and Gimpel 2016). */
public record Gelu() implements Elementwise {}
