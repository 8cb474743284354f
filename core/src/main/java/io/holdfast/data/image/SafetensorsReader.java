package io.holdfast.data.image;

import io.holdfast.data.Dataset;
import io.holdfast.tensor.SafetensorsHeader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file with {@code images} (uint8, or float32 in [0, 1]) and {@code labels}
 * (integers), and optionally {@code weights} (numbers) and {@code groups} (integers); mapped.
 * {@link SafetensorsHeader} checks the header strictly.
 */
final class SafetensorsReader {
  private SafetensorsReader() {}

  static Dataset read(Path path, String title, ReadOptions options) {
    Map<String, NumberArray> arrays = arrays(path.toString(), Bytes.map(path));
    ArrayNames names = ArrayNames.find(path.toString(), arrays.keySet(), options);
    String labels = names.labels();
    Dataset plain =
        NumberArray.dataset(
            title,
            Objects.requireNonNull(arrays.get(names.images())),
            labels == null ? null : arrays.get(labels),
            options,
            stopper -> SourceHash.of(List.of(path), stopper));
    String weights = names.weights();
    String groups = names.groups();
    return Annotated.of(
        plain,
        weights == null ? null : arrays.get(weights),
        groups == null ? null : arrays.get(groups));
  }

  private static Map<String, NumberArray> arrays(String source, Bytes file) {
    byte[] start = file.copy(0, (int) Math.min(Long.BYTES, file.size()));
    int length = SafetensorsHeader.headerLength(start, file.size(), source);
    long from = (long) start.length + length;
    Bytes data = file.slice(from, file.size() - from);
    byte[] json = file.copy(start.length, length);
    Map<String, NumberArray> arrays = new LinkedHashMap<>();
    SafetensorsHeader.parse(json, data.size(), source)
        .entries()
        .forEach(
            (name, entry) -> {
              ElementType type = type(entry.dtype());
              if (type != null) {
                List<Integer> axes =
                    entry.shape().stream().map(n -> NumberArray.axis(source, name, n)).toList();
                Bytes bytes = data.slice(entry.begin(), entry.end() - entry.begin());
                arrays.put(name, new NumberArray(source, name, type, axes, bytes));
              }
            });
    return arrays;
  }

  /** The type, or null for one that holds neither images nor labels. */
  private static @Nullable ElementType type(String dtype) {
    return switch (dtype) {
      case "U8" -> ElementType.UINT8;
      case "I8" -> ElementType.INT8;
      case "U16" -> ElementType.UINT16;
      case "I16" -> ElementType.INT16;
      case "U32" -> ElementType.UINT32;
      case "I32" -> ElementType.INT32;
      case "U64" -> ElementType.UINT64;
      case "I64" -> ElementType.INT64;
      case "F16" -> ElementType.FLOAT16;
      case "BF16" -> ElementType.BFLOAT16;
      case "F32" -> ElementType.FLOAT32;
      case "F64" -> ElementType.FLOAT64;
      default -> null;
    };
  }
}
