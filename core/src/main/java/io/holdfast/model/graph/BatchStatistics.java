package io.holdfast.model.graph;

import io.holdfast.tensor.Tensor;

/**
 * What one batch norm node saw in one training pass.
 *
 * @param node its name
 * @param mean of each channel, {@code [C]}, off the tape
 * @param variance the biased variance of each channel, {@code [C]}, off the tape
 * @param count values per channel that went into them
 */
public record BatchStatistics(String node, Tensor mean, Tensor variance, long count) {}
