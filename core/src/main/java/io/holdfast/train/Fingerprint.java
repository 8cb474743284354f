package io.holdfast.train;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.data.Dataset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that makes two runs give the same weights, part by part, so that a checkpoint of another run
 * is refused with the names of what differs. Neither the workers nor when checkpoints are written
 * are part of it.
 *
 * @param parts by name; long ones as the head of their SHA-256
 */
record Fingerprint(Map<String, String> parts) {
  private static final int READABLE = 60;
  private static final int HEAD = 16;

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
    parts.put("data.train", content(job.train()));
    parts.put("data.validation", content(job.validation()));
    LibraryFeed library = job.library();
    if (library != null) {
      parts.put("train.library", text(library.mix().recipe()));
      parts.put("data.library", library.examples().hash().substring(0, HEAD));
    }
    parts.put("seed", Long.toString(job.seed().value()));
    parts.put("model", hash(job.network().graph().toString()));
    parts.put("model.freeze", text(job.network().frozen()));
    parts.put("initial weights", job.network().hash().substring(0, HEAD));
    return new Fingerprint(parts);
  }

  private static String content(@Nullable Dataset data) {
    return data == null ? "none" : data.contentHash().substring(0, HEAD);
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
   * @throws InvalidInputException with every part that differs
   */
  void requireSame(Fingerprint saved, Path file) {
    Problems problems = new Problems(file.toString());
    Map<String, String> all = new TreeMap<>(saved.parts);
    all.putAll(parts);
    for (String name : all.keySet()) {
      String here = parts.getOrDefault(name, "nothing");
      String there = saved.parts.getOrDefault(name, "nothing");
      if (!here.equals(there)) {
        problems.add(
            name,
            here + ", as in this experiment",
            there,
            "the checkpoint belongs to another run: go on without --resume to start afresh, or"
                + " choose another --out");
      }
    }
    problems.throwIfAny();
  }
}
