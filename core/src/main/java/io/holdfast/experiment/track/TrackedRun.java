package io.holdfast.experiment.track;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.track.MlflowClient.Metric;
import io.holdfast.experiment.track.MlflowClient.Pair;
import io.holdfast.experiment.track.MlflowClient.Run;
import io.holdfast.experiment.track.MlflowClient.UnreachableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run folder and what the server knows of it. What was sent is kept in {@code tracking.json}
 * after each call, and the times of epochs before, so that nothing is lost and a call that is made
 * again says the same.
 */
final class TrackedRun {
  private static final String MARK = "holdfast_run";
  private static final String FINISHED = "FINISHED";

  private final RunFolder folder;
  private final String name;
  private final TrackedFiles files;
  private final MlflowClient client;
  private final String server;
  private final InstantSource clock;

  TrackedRun(
      RunFolder folder, String name, MlflowClient client, String server, InstantSource clock) {
    this.folder = folder;
    this.name = name;
    this.client = client;
    this.server = server;
    this.clock = clock;
    files = new TrackedFiles(folder);
  }

  private Path file() {
    return folder.path().resolve(TrackingState.FILE);
  }

  private TrackingState state() {
    TrackingState known = null;
    try {
      known = Files.exists(file()) ? Json.read(file(), TrackingState.class) : null;
    } catch (InvalidInputException e) { // damaged: told anew
    }
    if (known != null && known.server().equals(server)) {
      return known;
    }
    long now = clock.millis();
    String mark = Hashes.sha256Hex(folder.path().toAbsolutePath() + " " + now);
    return TrackingState.begun(mark.substring(0, 32), now, server);
  }

  private TrackingState kept(TrackingState state) {
    AtomicFiles.write(file(), Json.pretty(state));
    return state;
  }

  /** Whether something is there that the server does not know. */
  boolean isBehind() {
    TrackingState state = state();
    boolean ended = files.ended() && (lacksResults(state) || !unsent(state).isEmpty());
    return ended || !state.described() || state.epochs() < files.epochs().size();
  }

  /**
   * Whether it was not told of the end, or of another one: an evaluation that was cut may go on.
   */
  private boolean lacksResults(TrackingState state) {
    return !state.status().equals(FINISHED) || !scorecard().equals(state.results());
  }

  private String scorecard() {
    return Hashes.sha256Hex(folder.scorecard());
  }

  /** The files that the server takes and has not. */
  private List<Path> unsent(TrackingState state) {
    return MlflowClient.takesFiles(state.told())
        ? files.artefacts().stream()
            .filter(file -> !state.files().contains(String.valueOf(file.getFileName())))
            .toList()
        : List.of();
  }

  /** Whether the run has ended. */
  boolean ended() {
    return files.ended();
  }

  /**
   * Tells the server what it does not know.
   *
   * @param experiment the server's id
   * @param closing how the run stands when its process ends with it; null while it goes on
   * @return what else was sent than figures, for the journal; empty for nothing
   */
  List<String> tell(String experiment, @Nullable String closing) throws UnreachableException {
    List<String> told = new ArrayList<>();
    TrackingState state = kept(state());
    if (state.run().isEmpty()) {
      Run known = client.find(experiment, MARK, state.mark());
      Run run = known == null ? create(experiment, state) : known;
      state = kept(state.with(run).is("RUNNING"));
      told.add("run " + run.id());
    }
    if (!state.described()) {
      describe(state.run());
      state = kept(state.isDescribed());
    }
    state = epochs(state);
    if (files.ended()) {
      return finish(state, told);
    }
    String status = closing == null ? "RUNNING" : closing;
    if (!state.status().equals(status)) {
      client.update(state.run(), status, clock.millis());
      kept(state.is(status));
      told.add(status);
    }
    return told;
  }

  private Run create(String experiment, TrackingState state) throws UnreachableException {
    return client.create(experiment, name, state.start(), List.of(new Pair(MARK, state.mark())));
  }

  private void describe(String run) throws UnreachableException {
    List<Pair> params = files.params();
    for (int i = 0; i < params.size(); i += MlflowClient.MOST_PARAMS) {
      int to = Math.min(params.size(), i + MlflowClient.MOST_PARAMS);
      client.log(run, List.of(), params.subList(i, to), List.of());
    }
    client.log(run, List.of(), List.of(), files.tags());
  }

  private TrackingState epochs(TrackingState before) throws UnreachableException {
    List<TrackedFiles.Epoch> epochs = files.epochs();
    TrackingState state = before;
    if (epochs.size() > state.times().size()) {
      state = kept(state.seen(epochs.size(), clock.millis()));
    }
    while (state.epochs() < epochs.size()) {
      List<Metric> metrics = new ArrayList<>();
      int to = state.epochs();
      while (to < epochs.size()
          && metrics.size() + epochs.get(to).figures().size() <= MlflowClient.MOST_METRICS) {
        TrackedFiles.Epoch epoch = epochs.get(to);
        long time = state.times().get(to);
        epoch.figures().forEach((k, v) -> metrics.add(new Metric(k, v, time, epoch.epoch())));
        to++;
      }
      client.log(state.run(), metrics, List.of(), List.of());
      state = kept(state.sent(to));
    }
    return state;
  }

  private List<String> finish(TrackingState before, List<String> told) throws UnreachableException {
    TrackingState state = before;
    if (lacksResults(state)) {
      String card = scorecard();
      client.log(state.run(), results(state), List.of(), references());
      client.update(state.run(), FINISHED, clock.millis());
      state = kept(state.sentResults(card).is(FINISHED));
      told.add(MlflowClient.takesFiles(state.told()) ? FINISHED : "FINISHED, files by reference");
    }
    for (Path file : unsent(state)) { // which may take long
      client.upload(state.told(), file);
      String fileName = String.valueOf(file.getFileName());
      state = kept(state.sentFile(fileName));
      told.add(fileName);
    }
    return told;
  }

  private List<Metric> results(TrackingState state) {
    List<TrackedFiles.Epoch> epochs = files.epochs();
    int seen = Math.min(epochs.size(), state.times().size());
    long time = seen == 0 ? state.start() : state.times().get(seen - 1);
    long step = seen == 0 ? 0 : epochs.get(seen - 1).epoch();
    List<Metric> results = new ArrayList<>();
    files.results().forEach((key, value) -> results.add(new Metric(key, value, time, step)));
    return results;
  }

  /** Where the model lies, and what is in it. */
  private List<Pair> references() {
    Path model = folder.model();
    return Files.exists(model)
        ? List.of(
            new Pair("holdfast.model", model.toAbsolutePath().toUri().toString()),
            new Pair("holdfast.model.sha256", Hashes.sha256Hex(model)))
        : List.of();
  }
}
