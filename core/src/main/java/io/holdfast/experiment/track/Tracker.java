package io.holdfast.experiment.track;

import io.holdfast.common.LineJournal;
import io.holdfast.common.Progress;
import io.holdfast.experiment.RunFolder;
import io.holdfast.experiment.TrackSection;
import io.holdfast.experiment.track.MlflowClient.UnreachableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells a tracking server of the runs in a folder while they go on: configuration, figures at each
 * epoch's end, results, and files. It reads the files that runs write anyway, on a thread of its
 * own, so that nothing in a run waits for it or depends on it. A server that is down, slow or
 * confused is told of once on the console and in {@code tracking.jsonl}; what it did not take stays
 * in the files and is sent when it answers again, by this tracker or by that of a resumed run.
 *
 * <pre>{@code
 * try (Tracker tracker = Tracker.start(section, "my run", out, false, InstantSource.system(), progress)) {
 *   Harden.run(experiment, options);
 * }
 * }</pre>
 */
public final class Tracker implements AutoCloseable {
  /** Its journal in the folder of each run. */
  public static final String JOURNAL = "tracking.jsonl";

  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration CALL = Duration.ofSeconds(5);
  private static final Duration AGAIN = Duration.ofSeconds(30);
  private static final Duration LEAVE = Duration.ofSeconds(10);

  /** How long things take. */
  record Pace(Duration look, Duration call, Duration again, Duration leave) {
    /** For everyone but tests. */
    static final Pace USUAL = new Pace(LOOK, CALL, AGAIN, LEAVE);
  }

  private final TrackSection section;
  private final String name;
  private final Path out;
  private final InstantSource clock;
  private final Progress progress;
  private final Pace pace;
  private final MlflowClient client;
  private final Map<Path, Object> stale = new HashMap<>();
  private final Map<Path, TrackedRun> runs = new LinkedHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private @Nullable String experiment;
  private long notBefore = System.nanoTime();
  private boolean warned;

  private Tracker(
      TrackSection section,
      String name,
      Path out,
      boolean resume,
      InstantSource clock,
      Progress progress,
      Pace pace) {
    this.section = section;
    this.name = name;
    this.out = out;
    this.clock = clock;
    this.progress = progress;
    this.pace = pace;
    client = new MlflowClient(section.server(), pace.call());
    if (!resume) { // what a fresh run will replace
      folders().forEach(folder -> stale.put(folder.path(), key(folder)));
    }
    thread = new Thread(this::watch, "tracking");
    thread.setDaemon(true);
  }

  /**
   * Begins.
   *
   * @param name of the experiment, for the server's list of runs
   * @param out folder of a run, or of those of several seeds or of a search
   * @param resume whether the runs go on: earlier ones in the folder are told of too
   * @param clock for the times that the server shows; nothing else depends on it
   * @param progress gets one line where the server does not answer
   */
  public static Tracker start(
      TrackSection section,
      String name,
      Path out,
      boolean resume,
      InstantSource clock,
      Progress progress) {
    return start(section, name, out, resume, clock, progress, Pace.USUAL);
  }

  static Tracker start(
      TrackSection section,
      String name,
      Path out,
      boolean resume,
      InstantSource clock,
      Progress progress,
      Pace pace) {
    Tracker tracker = new Tracker(section, name, out, resume, clock, progress, pace);
    tracker.thread.start();
    return tracker;
  }

  private void watch() {
    try {
      do {
        tell(null);
      } while (!closed.await(pace.look().toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      return; // by nobody here
    }
    notBefore = System.nanoTime();
    tell("KILLED");
  }

  /** The folders of runs that are there. */
  private List<RunFolder> folders() {
    List<Path> places = new ArrayList<>(List.of(out));
    places.addAll(below(out));
    places.addAll(below(out.resolve("trials")));
    return places.stream().map(RunFolder::new).filter(RunFolder::holdsRun).toList();
  }

  private static List<Path> below(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(p -> !p.endsWith("previous") && Files.isDirectory(p)).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** What tells a run from the one that takes its place. */
  private static Object key(RunFolder folder) {
    try {
      BasicFileAttributes file =
          Files.readAttributes(folder.experiment(), BasicFileAttributes.class);
      return List.of(file.lastModifiedTime(), String.valueOf(file.fileKey()));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Never fails: whatever goes wrong is told and tried again later. */
  private void tell(@Nullable String standing) {
    if (System.nanoTime() - notBefore < 0) {
      return;
    }
    List<RunFolder> present = List.of();
    try {
      present =
          folders().stream()
              .filter(f -> !stale.containsKey(f.path()) || !key(f).equals(stale.get(f.path())))
              .toList();
      UnreachableException refused = null;
      for (RunFolder folder : present) {
        try {
          tell(folder, standing);
        } catch (UnreachableException e) {
          if (!e.answered()) {
            throw e;
          }
          refused = e; // that run; others may be taken
        }
      }
      if (refused != null) {
        throw refused;
      }
    } catch (UnreachableException e) {
      warn(present, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) { // a file that is being replaced, a full disk
      warn(present, e.toString());
    }
  }

  private void tell(RunFolder folder, @Nullable String standing) throws UnreachableException {
    TrackedRun run =
        runs.computeIfAbsent(
            folder.path(),
            path ->
                new TrackedRun(folder, title(path), client, section.server().toString(), clock));
    if (!run.isBehind() && (standing == null || run.ended())) {
      return;
    }
    String id = experiment;
    if (id == null) {
      id = client.experiment(section.experiment());
      experiment = id;
    }
    for (String told : run.tell(id, standing)) {
      journal(folder, "told", told);
    }
    if (warned) {
      warned = false;
      journal(folder, "back", section.server() + " answers again");
    }
  }

  private String title(Path folder) {
    return folder.equals(out) ? name : name + " " + out.relativize(folder);
  }

  private void warn(List<RunFolder> runsThere, String why) {
    notBefore = System.nanoTime() + pace.again().toNanos();
    if (!warned) {
      warned = true;
      progress.note("tracking: " + why + "; the run goes on, and what was not sent is kept");
      runsThere.forEach(folder -> journal(folder, "unreachable", why));
    }
  }

  private void journal(RunFolder folder, String event, String what) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", event);
    line.put("what", what);
    line.put("time", clock.instant().toString());
    try (LineJournal journal =
        LineJournal.open(
            folder.path().resolve(JOURNAL), "tracking", section.server().toString(), true)) {
      journal.append(line);
    } catch (RuntimeException e) {
      progress.note("tracking: " + e.getMessage());
    }
  }

  /**
   * Ends: waits for what is on its way, at most some seconds. Runs that have not ended are told of
   * as killed, until they go on.
   */
  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join(pace.leave().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
