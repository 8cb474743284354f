package io.holdfast.model.graph;

import io.holdfast.tensor.Tensor;
import java.util.List;

/**
 * What one batch norm node saw in one training pass.
 *
 * @param node its name
 * @param mean of each channel, {@code [C]}, off the tape
 * @param variance the biased variance of each channel, {@code [C]}, off the tape
 * @param count values per channel that went into them
 */
public record BatchStatistics(String node, Tensor mean, Tensor variance, long count) {
  /**
   * The statistics of all shards' values together (Chan et al. 1983, equation 2.1), summed in the
   * order given.
   *
   * @param shards at least one, all of the same node
   */
  public static BatchStatistics pool(List<BatchStatistics> shards) {
    BatchStatistics first = shards.get(0);
    long total = shards.stream().mapToLong(BatchStatistics::count).sum();
    Tensor mean = first.mean.mul(0); // [C]
    for (BatchStatistics s : shards) {
      mean = mean.add(s.mean, s.count / (double) total);
    }
    Tensor variance = first.variance.mul(0); // [C]
    for (BatchStatistics s : shards) {
      Tensor around = s.variance.add(s.mean.sub(mean).square());
      variance = variance.add(around, s.count / (double) total);
    }
    return new BatchStatistics(first.node, mean, variance, total);
  }
}
