package io.holdfast.experiment;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which samples were decoded already, where several trainings of one command share them. */
final class ReadData {
  private final Set<List<@Nullable Object>> read = new HashSet<>();

  /** Whether nobody has read the data of this experiment before, as its file names them. */
  boolean isNew(Experiment experiment) {
    Object named = experiment.settings().toMap().get("data");
    return read.add(Arrays.asList(named, experiment.evaluation().examples()));
  }
}
