package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problem;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint of a run: one safetensors file, written whole or not at all, with a checksum.
 * Random streams have no state, so there is none to save.
 */
final class CheckpointStore {
  static final String FILE = "checkpoint.safetensors";
  private static final String STATE = "holdfast.training";
  private static final String CHECKSUM = "holdfast.checksum";
  private static final String AFRESH = "go on without --resume to start afresh";

  /**
   * What stands beside the tensors.
   *
   * @param fingerprint of everything that makes runs equal
   * @param counters where the run stands
   * @param metricsOffset bytes of {@code metrics.jsonl} that belong to the steps before
   * @param governor where it stands, or null without one
   */
  record Saved(
      Fingerprint fingerprint,
      Counters counters,
      long metricsOffset,
      @JsonInclude(JsonInclude.Include.NON_NULL) Steering.@Nullable Saved governor) {}

  private final Path file;
  private final Fingerprint fingerprint;

  CheckpointStore(Path folder, Fingerprint fingerprint) {
    AtomicFiles.removeLeftovers(folder); // of killed writers
    file = folder.resolve(FILE);
    this.fingerprint = fingerprint;
  }

  boolean exists() {
    return Files.exists(file);
  }

  /**
   * Goes on with a checkpoint, or removes that of an earlier run.
   *
   * @param state to put where it stands
   * @return what stood beside the tensors; null where the run begins
   * @throws InvalidInputException if the checkpoint is damaged or belongs to another run
   */
  @Nullable Saved begin(RunState state, boolean resume) {
    if (resume && exists()) {
      return read(state);
    }
    clear();
    return null;
  }

  /** Where a governor goes on. */
  static Steering.Saved governed(@Nullable Saved saved) {
    Steering.Saved governed = saved == null ? null : saved.governor();
    return governed == null ? Steering.Saved.START : governed;
  }

  /** Removes the checkpoint of an earlier run. */
  void clear() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw FileFailures.writing(file, e);
    }
  }

  void write(RunState state, long metricsOffset, Steering.@Nullable Saved governor) {
    Map<String, Tensor> tensors = state.tensors();
    String saved = Json.compact(new Saved(fingerprint, state.counters, metricsOffset, governor));
    Safetensors.write(file, tensors, Map.of(STATE, saved, CHECKSUM, checksum(saved, tensors)));
  }

  /**
   * Puts a run where the checkpoint stands.
   *
   * @return what stood beside the tensors
   * @throws InvalidInputException if the checkpoint is damaged or belongs to another run
   */
  Saved read(RunState state) {
    try (Scope scope = Scope.open()) {
      Saved saved;
      Map<String, Tensor> tensors;
      try {
        Safetensors content = Safetensors.read(file);
        String beside = metadata(content, STATE, "no state of a training run");
        tensors = content.tensors();
        if (!checksum(beside, tensors).equals(metadata(content, CHECKSUM, "no checksum"))) {
          throw damaged("contents that do not match their checksum", null);
        }
        saved = Json.parse(beside, file.toString(), Saved.class);
      } catch (InvalidInputException e) {
        Problem p = e.problems().get(0);
        throw damaged(p.hint() == null ? p.found() : p.found() + ": " + p.hint(), e);
      }
      fingerprint.requireSame(saved.fingerprint(), file);
      state.restore(tensors, saved.counters());
      return saved;
    }
  }

  private String metadata(Safetensors content, String key, String none) {
    String text = content.header().metadata().get(key);
    if (text == null) {
      throw damaged(none, null);
    }
    return text;
  }

  private InvalidInputException damaged(String found, @Nullable Throwable cause) {
    Problem problem =
        new Problem(file.toString(), "", "a whole checkpoint of a training run", found, AFRESH);
    return new InvalidInputException(List.of(problem), cause);
  }

  /** CRC-32C over what stands beside the tensors, and their names and contents. */
  private static String checksum(String saved, Map<String, Tensor> tensors) {
    CRC32C crc = new CRC32C();
    crc.update(saved.getBytes(StandardCharsets.UTF_8));
    new TreeMap<>(tensors)
        .forEach(
            (name, tensor) -> {
              crc.update(name.getBytes(StandardCharsets.UTF_8));
              crc.update(tensor.toBytes());
            });
    return Long.toHexString(crc.getValue());
  }
}
