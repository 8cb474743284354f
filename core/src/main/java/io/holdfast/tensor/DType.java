package io.holdfast.tensor;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Element types that the engine's tensors may have. */
public enum DType {
  FLOAT32(ScalarType.Float, 4, "F32"),
  FLOAT64(ScalarType.Double, 8, "F64"),
  BFLOAT16(ScalarType.BFloat16, 2, "BF16"),
  INT64(ScalarType.Long, 8, "I64"),
  INT32(ScalarType.Int, 4, "I32"),
  UINT8(ScalarType.Byte, 1, "U8"),
  BOOL(ScalarType.Bool, 1, "BOOL");

  final ScalarType scalarType;
  private final int bytes;
  private final String code;

  DType(ScalarType scalarType, int bytes, String code) {
    this.scalarType = scalarType;
    this.bytes = bytes;
    this.code = code;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** The name that the safetensors format uses, such as {@code F32}. */
  public String code() {
    return code;
  }

  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64 || this == BFLOAT16;
  }

  /** The type with a name of the safetensors format; none for one that the engine has not. */
  static Optional<DType> ofCode(String code) {
    return Arrays.stream(values()).filter(type -> type.code.equals(code)).findFirst();
  }

  static DType of(ScalarType type) {
    for (DType d : values()) {
      if (d.scalarType.value == type.value) {
        return d;
      }
    }
    throw new IllegalArgumentException("the engine gave an element type not in use here: " + type);
  }
}
