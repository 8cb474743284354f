package io.holdfast.attack;

/** What an attack perturbs together. */
public enum SampleScope {
  /** Each sample by itself: shards, and samples that fell leave. */
  PER_SAMPLE,
  /** All samples by one perturbation: one task with every sample, none leaves. */
  UNIVERSAL
}
