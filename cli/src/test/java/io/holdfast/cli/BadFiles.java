package io.holdfast.cli;

import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Files of samples with something odd about them. */
final class BadFiles {
  private BadFiles() {}

  /** Twenty images, one pixel of which is odd. */
  static void floats(Path file, float odd, int classes, long... shape) {
    long[] one = shape.length == 0 ? new long[] {1, 28, 28} : shape;
    int n = 20;
    int size = (int) Arrays.stream(one).reduce(1, Math::multiplyExact);
    float[] pixels = new float[n * size];
    pixels[size + 3] = odd;
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", Tensors.of(pixels, n, one[0], one[1], one[2]));
      tensors.put(
          "labels", Tensors.of(IntStream.range(0, n).mapToLong(i -> i % classes).toArray(), n));
      Safetensors.write(file, tensors, Map.of());
    }
  }

  /** Twenty black images. */
  static void labelled(Path file, IntUnaryOperator label, long... shape) {
    int n = 20;
    int size = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", Tensors.of(new float[n * size], n, shape[0], shape[1], shape[2]));
      tensors.put(
          "labels", Tensors.of(IntStream.range(0, n).map(label).asLongStream().toArray(), n));
      Safetensors.write(file, tensors, Map.of());
    }
  }
}
