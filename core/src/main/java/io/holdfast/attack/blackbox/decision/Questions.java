package io.holdfast.attack.blackbox.decision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the walks of a task ask in one step. Shapes: n walks, m questions, D values of an input. */
final class Questions {
  private final List<float[]> points = new ArrayList<>(); // m times [D]
  private final int[] owners; // m
  private final int[] starts; // n + 1

  Questions(List<Walk> walks) {
    starts = new int[walks.size() + 1];
    for (int i = 0; i < walks.size(); i++) {
      points.addAll(walks.get(i).questions());
      starts[i + 1] = points.size();
    }
    owners = new int[points.size()];
    for (int i = 0; i < walks.size(); i++) {
      Arrays.fill(owners, starts[i], starts[i + 1], i);
    }
  }

  /** All points {@code [D]}, those of a walk one after the other. */
  List<float[]> points() {
    return points;
  }

  /** The position of each point's walk, m. */
  int[] owners() {
    return owners;
  }

  /** Where the points of a walk begin; for n, their number. */
  int first(int walk) {
    return starts[walk];
  }

  /** The points that one walk asks about. */
  List<float[]> of(int walk) {
    return points.subList(starts[walk], starts[walk + 1]);
  }
}
