package io.holdfast.attack;

import io.holdfast.attack.InnerMaximiser.Start;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One search of training in one perturbation set, which is no union. Shapes: N samples.
 *
 * @param slope what it climbs by
 * @param threat of the size that the curriculum wants now
 * @param x clean inputs {@code [N, ...]}
 * @param seeds one per sample
 * @param begin where it begins
 * @param steps at least 0
 * @param fraction length of a step as a part of epsilon
 */
public record InnerAscent(
    Slope slope,
    ThreatModel threat,
    Tensor x,
    List<Seed> seeds,
    Start begin,
    int steps,
    double fraction) {

  Region region() {
    return threat.around(x);
  }

  /** Fresh variables to begin with. */
  Tensor start(Region region) {
    return begin.of(region, seeds);
  }

  /** All the steps from the start, with a filter for gradients. */
  Tensor climb(UnaryOperator<Tensor> filter) {
    Region region = region();
    return slope.climb(region, start(region), steps, fraction, filter);
  }

  /** The same for some of the samples, at {@code rows [M]}, int64. */
  InnerAscent at(Tensor rows) {
    List<Seed> some = Arrays.stream(rows.toLongs()).mapToObj(i -> seeds.get((int) i)).toList();
    return new InnerAscent(
        slope.at(rows), threat, x.indexSelect(0, rows), some, begin, steps, fraction);
  }
}
