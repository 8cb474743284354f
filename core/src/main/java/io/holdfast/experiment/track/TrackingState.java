package io.holdfast.experiment.track;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.Records;
import java.util.ArrayList;
import java.util.List;

/**
 * What a tracking server has been told of a run, as {@code tracking.json} keeps it.
 *
 * @param mark by which the server's run is found again where its id was lost
 * @param start of the run; milliseconds since 1970
 * @param server that was told
 * @param run its id there; empty before it has one
 * @param artefacts where the server keeps its files
 * @param described whether configuration and tags were sent
 * @param times of the epochs that were seen, in their order; milliseconds since 1970
 * @param epochs how many of them were sent
 * @param status that was sent last; empty for none
 * @param files that were sent
 * @param results SHA-256 of the scorecard whose figures were sent; empty for none
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record TrackingState(
    String mark,
    long start,
    String server,
    String run,
    String artefacts,
    boolean described,
    List<Long> times,
    int epochs,
    String status,
    List<String> files,
    String results) {
  /** The file's name. */
  static final String FILE = "tracking.json";

  TrackingState {
    times = List.copyOf(times);
    files = List.copyOf(files);
  }

  static TrackingState begun(String mark, long start, String server) {
    return new TrackingState(mark, start, server, "", "", false, List.of(), 0, "", List.of(), "");
  }

  MlflowClient.Run told() {
    return new MlflowClient.Run(run, artefacts);
  }

  TrackingState with(MlflowClient.Run known) {
    return Records.with(Records.with(this, "run", known.id()), "artefacts", known.artefacts());
  }

  TrackingState isDescribed() {
    return Records.with(this, "described", true);
  }

  /** With a time for each of so many epochs: that at which they were seen first. */
  TrackingState seen(int all, long now) {
    List<Long> more = new ArrayList<>(times);
    while (more.size() < all) {
      more.add(now);
    }
    return Records.with(this, "times", more);
  }

  TrackingState sent(int all) {
    return Records.with(this, "epochs", all);
  }

  TrackingState is(String now) {
    return Records.with(this, "status", now);
  }

  TrackingState sentFile(String name) {
    List<String> more = new ArrayList<>(files);
    more.add(name);
    return Records.with(this, "files", more);
  }

  /** With the figures of a scorecard; files that were sent before belong to another one. */
  TrackingState sentResults(String card) {
    return Records.with(Records.with(this, "files", List.of()), "results", card);
  }
}
