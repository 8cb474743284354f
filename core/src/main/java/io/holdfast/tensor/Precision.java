package io.holdfast.tensor;

import io.holdfast.common.Problems;
import java.util.Locale;

/**
 * The number format of heavy work. Weights, gradients and final checks are always float32; with
 * {@link #BFLOAT16} convolutions and matrix products run in bfloat16.
 */
public enum Precision {
  FLOAT32,
  BFLOAT16;

  /** What {@code auto} means here: bfloat16 where the processor computes it natively. */
  public static Precision auto() {
    return Processor.hasBfloat16() ? BFLOAT16 : FLOAT32;
  }

  /** As {@link #auto()} on that device: float32 on CUDA, where bfloat16 was never measured. */
  public static Precision auto(Device device) {
    return device.isCpu() ? auto() : FLOAT32;
  }

  /**
   * Reads {@code auto}, {@code float32} or {@code bfloat16}.
   *
   * @param field the name of the setting, for the message
   * @param device that is to compute
   */
  public static Precision parse(String text, String field, Problems problems, Device device) {
    if (device.isCpu()) {
      return parse(text, field, problems, Processor.hasBfloat16());
    }
    return text.equalsIgnoreCase("auto") ? auto(device) : parse(text, field, problems, true);
  }

  /** As the public one on a processor that computes bfloat16 natively, or one that does not. */
  static Precision parse(String text, String field, Problems problems, boolean bfloat16) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "auto" -> bfloat16 ? BFLOAT16 : FLOAT32;
      case "float32" -> FLOAT32;
      case "bfloat16" -> {
        if (!bfloat16) {
          problems.add(
              field,
              "a format that this processor computes natively",
              text,
              "use auto or float32: without avx512_bf16 or AMX, bfloat16 is slower than float32");
        }
        yield BFLOAT16;
      }
      default -> {
        problems.add(field, "auto, float32 or bfloat16", text);
        yield FLOAT32;
      }
    };
  }

  /** Lower-case name, as in files. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
