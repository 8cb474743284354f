package io.holdfast.train;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that a run needs to go on: one safetensors file, written whole or not at all. Random streams
 * have no state, so there is none to save.
 */
final class Checkpoint {
  static final String FILE = "checkpoint.safetensors";
  private static final String STATE = "holdfast.training";

  /**
   * Where the run stands.
   *
   * @param fingerprint of everything that makes runs equal
   * @param step the next step
   * @param metricsOffset bytes of {@code metrics.jsonl} that belong to the steps before
   * @param best the best validation so far, or null
   * @param last the latest validation, or null
   * @param stopped true when patience ran out
   */
  record State(
      String fingerprint,
      long step,
      long metricsOffset,
      TrainResult.@Nullable Validation best,
      TrainResult.@Nullable Validation last,
      boolean stopped) {}

  private Checkpoint() {}

  static void write(Path folder, State state, Map<String, Tensor> tensors) {
    Safetensors.write(
        folder.resolve(FILE), new TreeMap<>(tensors), Map.of(STATE, Json.compact(state)));
  }

  /** The state in a checkpoint's metadata. */
  static State state(Safetensors file, Path path) {
    String text = file.header().metadata().get(STATE);
    if (text == null) {
      throw new InvalidInputException(
          path.toString(), "__metadata__." + STATE, "the state of a training run", "nothing");
    }
    return Json.parse(text, path.toString(), State.class);
  }
}
