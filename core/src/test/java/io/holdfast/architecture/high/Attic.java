package io.holdfast.architecture.high;

/** Lives on the upper made-up floor. */
public final class Attic {}
