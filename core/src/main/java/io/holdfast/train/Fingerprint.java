package io.holdfast.train;

import io.holdfast.common.Changes;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.tensor.Engine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that makes two runs give the same weights, part by part, so that a checkpoint of another run
 * is refused with the names of what differs. Neither the workers nor when checkpoints are written
 * are part of it.
 *
 * @param parts by name; long ones as the head of their SHA-256
 */
record Fingerprint(Map<String, String> parts) {
  private static final int READABLE = 80;
  private static final int HEAD = 16;
  private static final String SEED = "seed";

  /** What a part may follow from: samples are held out by the seed, steps are in the search. */
  private static final Map<String, List<String>> CAUSES =
      Map.of(
          "initial weights", List.of(SEED, "model"),
          "data.train", List.of(SEED),
          "data.validation", List.of(SEED),
          "data.library", List.of("train.library"),
          "attack", List.of("threat"),
          "train.curriculum.epsilon", List.of("threat"),
          "train.curriculum.steps", List.of("attack"));

  Fingerprint {
    parts = Map.copyOf(parts);
  }

  /** That of a run before its first step. */
  static Fingerprint of(TrainJob job) {
    Map<String, String> parts = new TreeMap<>();
    job.settings().recipe().forEach((name, value) -> parts.put(name, text(value)));
    parts.put("attack", text(job.inner()));
    parts.put("augment", text(job.augmentation()));
    parts.put("threat", text(String.valueOf(job.threat())));
    parts.put("data.train", content(job.train(), job.stopper()));
    parts.put("data.validation", content(job.validation(), job.stopper()));
    LibraryFeed library = job.library();
    if (library != null) {
      parts.put("train.library", text(library.mix().recipe()));
      parts.put("data.library", library.examples().hash().substring(0, HEAD));
    }
    job.guides()
        .hashes()
        .forEach((role, weights) -> parts.put("train.objective." + role, text(weights)));
    parts.put("code version", Provenance.currentCode());
    parts.put("engine version", Engine.version());
    parts.put(SEED, Long.toString(job.seed().value()));
    parts.put("model", hash(job.network().graph().toString()));
    parts.put("model.freeze", text(job.network().frozen()));
    parts.put("initial weights", job.network().hash().substring(0, HEAD));
    return new Fingerprint(parts);
  }

  /** The same of a run with a governor: without it, its decisions would be lost. */
  Fingerprint governed(boolean yes) {
    if (!yes) {
      return this;
    }
    Map<String, String> more = new TreeMap<>(parts);
    more.put("governor", "yes");
    return new Fingerprint(more);
  }

  private static String content(@Nullable Dataset data, Stopper stopper) {
    return data == null ? "none" : data.contentHash(stopper).substring(0, HEAD);
  }

  private static String text(Object value) {
    String text = value.toString();
    return text.length() <= READABLE ? text : hash(text);
  }

  private static String hash(String text) {
    return Hashes.sha256Hex(text.getBytes(StandardCharsets.UTF_8)).substring(0, HEAD);
  }

  /**
   * Refuses a checkpoint of another run.
   *
   * @throws InvalidInputException with every part that differs, but for those that follow from
   *     another that does
   */
  void requireSame(Fingerprint saved, Path file) {
    Changes changes = new Changes();
    Set<String> names = new LinkedHashSet<>(List.of(SEED)); // first: it explains others
    names.addAll(new TreeSet<>(saved.parts.keySet()));
    names.addAll(new TreeSet<>(parts.keySet()));
    for (String name : names) {
      changes.compare(
          name, parts.getOrDefault(name, "nothing"), saved.parts.getOrDefault(name, "nothing"));
    }
    CAUSES.forEach(changes::follows);
    Problems problems = new Problems(file.toString());
    changes.report(
        problems,
        ", as in this experiment",
        "the checkpoint belongs to another run: go on without --resume to start afresh, or choose"
            + " another --out");
    problems.throwIfAny();
  }
}
