package io.holdfast.model.graph;

import io.holdfast.model.graph.layer.Add;
import io.holdfast.model.graph.layer.Concat;
import io.holdfast.model.graph.layer.Constant;
import io.holdfast.model.graph.layer.Flatten;
import io.holdfast.model.graph.layer.MatMul;
import io.holdfast.model.graph.layer.Reshape;
import io.holdfast.model.graph.layer.Slice;
import io.holdfast.model.graph.layer.Transpose;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** Layers that join and move values, with their slow twins. */
final class ShapingCases {
  private ShapingCases() {}

  static List<LayerCase> all() {
    Shape s = Shape.of(2, 3, 4);
    return List.of(
        new LayerCase(
            "add",
            new Add(),
            List.of(s, s, s),
            (x, p) -> make(24, i -> x.get(0)[i] + x.get(1)[i] + x.get(2)[i])),
        new LayerCase(
            "concat",
            new Concat(1),
            List.of(Shape.of(2, 3, 2), Shape.of(2, 1, 2)), // -> [2, 4, 2]
            (x, p) ->
                make(
                    16,
                    i ->
                        i % 8 < 6 ? x.get(0)[i / 8 * 6 + i % 8] : x.get(1)[i / 8 * 2 + i % 8 - 6])),
        new LayerCase(
            "matmul",
            new MatMul(),
            List.of(Shape.of(2, 2, 3), Shape.of(2, 3, 4)), // -> [2, 2, 4]
            (x, p) -> make(16, i -> product(x.get(0), x.get(1), i / 8, i % 8 / 4, i % 4))),
        new LayerCase(
            "constant",
            new Constant(Shape.of(2, 3)),
            List.of(),
            (x, p) -> Objects.requireNonNull(p.get("value"))),
        LayerCase.of(
            new Slice(2, 1, 4, 2), s, (x, p) -> make(12, i -> x.get(0)[i / 2 * 4 + 1 + i % 2 * 2])),
        LayerCase.of(
            new Transpose(0, -1), // [2, 3, 4] -> [4, 3, 2]
            s,
            (x, p) -> make(24, i -> x.get(0)[i % 2 * 12 + i / 2 % 3 * 4 + i / 6])),
        LayerCase.of(new Flatten(), s, (x, p) -> x.get(0)),
        LayerCase.of(new Flatten(1), s, (x, p) -> x.get(0)),
        LayerCase.of(new Reshape(Shape.of(4, 6)), s, (x, p) -> x.get(0)));
  }

  private static double product(double[] a, double[] b, int block, int row, int column) {
    return IntStream.range(0, 3)
        .mapToDouble(k -> a[block * 6 + row * 3 + k] * b[block * 12 + k * 4 + column])
        .sum();
  }

  private static double[] make(int count, java.util.function.IntToDoubleFunction element) {
    return IntStream.range(0, count).mapToDouble(element).toArray();
  }
}
