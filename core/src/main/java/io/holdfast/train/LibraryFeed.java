package io.holdfast.train;

import io.holdfast.attack.library.RankedExamples;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Saved examples on their way into batches. Which ones stand where depends on seed, step and
 * progress alone, so that a resumed run draws what an uninterrupted one does.
 *
 * @param mix how many, and how hard
 * @param examples easiest first
 */
public record LibraryFeed(LibraryMix mix, RankedExamples examples) {
  static final int NONE = -1;

  /** Adds what keeps the examples from standing among the training samples. */
  public void check(Dataset train, Problems problems) {
    Set<List<Integer>> shapes = examples.shapes();
    if (!shapes.equals(Set.of(train.info().shape()))) {
      problems.add(
          "train.library",
          "examples of shape " + train.info().shape() + " as in data.train",
          shapes.toString());
    }
    int classes = train.info().classCount();
    if (examples.largestLabel() >= classes) {
      problems.add(
          "train.library",
          "labels from 0 to " + (classes - 1) + ", the classes of data.train",
          Integer.toString(examples.largestLabel()));
    }
  }

  /**
   * For each place of a batch the position of the example that takes it, or {@link #NONE}.
   *
   * @param step from 0
   * @param z progress in [0, 1]
   */
  List<Integer> places(long step, double z, int batch, Seed run) {
    Seed seed = run.split("library").split(step);
    double wanted = mix.ratio().at(z) * batch;
    int count = (int) Math.floor(wanted);
    // The part of a place that is left over is drawn, so that the ratio holds in the long run.
    count += seed.split("rest").generator().nextDouble() < wanted - count ? 1 : 0;
    int[] drawn = examples.draw(count, mix.least().at(z), mix.most().at(z), seed.split("examples"));
    int[] order = seed.split("places").permutation(batch);
    int[] places = new int[batch];
    Arrays.fill(places, NONE);
    for (int i = 0; i < count; i++) {
      places[order[i]] = drawn[i];
    }
    return Arrays.stream(places).boxed().toList();
  }
}
