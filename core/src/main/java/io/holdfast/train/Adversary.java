package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;

/**
 * How a run searches for adversarial examples at one moment.
 *
 * @param inner at this moment's number of steps
 * @param gradAlign weight of the term that aligns input gradients, at least 0
 */
record Adversary(InnerMaximiser inner, double gradAlign) {}
