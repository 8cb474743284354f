package io.holdfast.model.graph;

import io.holdfast.model.graph.Slow.Image;
import io.holdfast.model.graph.layer.AdaptiveAvgPool2d;
import io.holdfast.model.graph.layer.AdaptiveMaxPool2d;
import io.holdfast.model.graph.layer.AvgPool2d;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Conv2d;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.Gelu;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.LeakyRelu;
import io.holdfast.model.graph.layer.Linear;
import io.holdfast.model.graph.layer.MaxPool2d;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.model.graph.layer.Relu;
import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.model.graph.layer.Sigmoid;
import io.holdfast.model.graph.layer.Silu;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Softmax;
import io.holdfast.model.graph.layer.Softplus;
import io.holdfast.model.graph.layer.Tanh;
import io.holdfast.model.graph.layer.Upsample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** Layers that compute, with their slow twins; {@link ShapingCases} has those that only move. */
final class LayerCases {
  private LayerCases() {}

  static List<LayerCase> all() {
    List<LayerCase> all = new ArrayList<>(ShapingCases.all());
    elementwise(all);
    all.add(conv(Conv2d.of(4, 3), Shape.of(2, 5, 6)));
    all.add(conv(Conv2d.of(4, 3).stride(2).padding(1).groups(2), Shape.of(2, 7, 6)));
    all.add(conv(Conv2d.of(3, 2).dilation(2).withoutBias(), Shape.of(3, 6, 5)));
    Conv2d odd = new Conv2d(2, new Size(1, 3), new Size(2, 1), new Size(0, 2), Size.of(1), 1, true);
    all.add(conv(odd, Shape.of(1, 5, 4)));
    all.add(
        LayerCase.of(
            Linear.of(4),
            Shape.of(3, 5),
            (x, p) -> Slow.linear(x.get(0), 5, get(p, "weight"), get(p, "bias"))));
    norms(all);
    pools(all);
    all.add(upsample(Upsample.Mode.NEAREST));
    all.add(upsample(Upsample.Mode.BILINEAR));
    all.add(attention(2, 5, 6));
    return all;
  }

  private static double[] get(Map<String, double[]> parameters, String name) {
    double[] found = parameters.get(name);
    if (found == null) {
      throw new AssertionError("no parameter " + name + " in " + parameters.keySet());
    }
    return found;
  }

  private static void elementwise(List<LayerCase> all) {
    Map<Layer, DoubleUnaryOperator> table =
        Map.of(
            new Relu(), v -> Math.max(v, 0),
            new LeakyRelu(0.2), v -> v > 0 ? v : 0.2 * v,
            new Silu(), v -> v / (1 + Math.exp(-v)),
            new Gelu(), v -> v * 0.5 * (1 + Slow.erf(v / Math.sqrt(2))),
            new Softplus(), v -> Math.log1p(Math.exp(v)),
            new Sigmoid(), v -> 1 / (1 + Math.exp(-v)),
            new Tanh(), Math::tanh,
            new Dropout(0.5), v -> v);
    table.forEach(
        (layer, f) ->
            all.add(LayerCase.of(layer, Shape.of(2, 3, 4), (x, p) -> Slow.map(x.get(0), f))));
    all.add(LayerCase.of(new Softmax(-1), Shape.of(7), (x, p) -> Slow.softmax(x.get(0))));
    all.add(
        LayerCase.of(
            new Normalise(List.of(0.1, 0.2), List.of(0.5, 2.0)),
            Shape.of(2, 2, 3),
            (x, p) -> perChannel(x.get(0), 2, (v, c) -> (v - 0.1 * (c + 1)) / (c == 0 ? 0.5 : 2))));
  }

  /** Each value of {@code [channels, ...]} with its channel's number. */
  private static double[] perChannel(double[] x, int channels, DoubleBinaryOperator f) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int channel = i / (x.length / channels);
      y[i] = f.applyAsDouble(x[i], channel);
    }
    return y;
  }

  private static double[] affine(double[] x, int channels, Map<String, double[]> p) {
    return perChannel(
        x, channels, (v, c) -> v * get(p, "weight")[(int) c] + get(p, "bias")[(int) c]);
  }

  private static LayerCase conv(Conv2d l, Shape s) {
    int in = (int) s.size(0) / l.groups();
    int height =
        out(
            s.size(1),
            l.kernel().height(),
            l.stride().height(),
            l.padding().height(),
            l.dilation().height());
    int width =
        out(
            s.size(2),
            l.kernel().width(),
            l.stride().width(),
            l.padding().width(),
            l.dilation().width());
    LayerCase.Twin twin =
        (x, p) -> {
          Image image = image(x.get(0), s);
          double[] w = get(p, "weight");
          return Slow.image(
              l.channels(),
              height,
              width,
              (o, i, j) -> {
                double sum = l.bias() ? get(p, "bias")[o] : 0;
                int group = o / (l.channels() / l.groups());
                for (int c = 0; c < in; c++) {
                  for (int a = 0; a < l.kernel().height(); a++) {
                    for (int b = 0; b < l.kernel().width(); b++) {
                      int row =
                          i * l.stride().height()
                              - l.padding().height()
                              + a * l.dilation().height();
                      int column =
                          j * l.stride().width() - l.padding().width() + b * l.dilation().width();
                      int at = ((o * in + c) * l.kernel().height() + a) * l.kernel().width() + b;
                      sum += w[at] * image.at(group * in + c, row, column);
                    }
                  }
                }
                return sum;
              });
        };
    return LayerCase.of(l, s, twin);
  }

  private static int out(long size, int kernel, int stride, int padding, int dilation) {
    return (int) ((size + 2L * padding - dilation * (kernel - 1L) - 1) / stride + 1);
  }

  private static Image image(double[] values, Shape s) {
    return new Image(values, (int) s.size(0), (int) s.size(1), (int) s.size(2));
  }

  private static void norms(List<LayerCase> all) {
    LayerCase.Twin batch =
        (x, p) ->
            affine(
                perChannel(
                    x.get(0),
                    3,
                    (v, c) ->
                        (v - get(p, "running_mean")[(int) c])
                            / Math.sqrt(get(p, "running_var")[(int) c] + 1e-5)),
                3,
                p);
    all.add(LayerCase.of(new BatchNorm(), Shape.of(3, 2, 4), batch));
    all.add(LayerCase.of(new BatchNorm(), Shape.of(3), batch));
    all.add(
        LayerCase.of(
            new GroupNorm(2, 1e-3),
            Shape.of(4, 3, 2),
            (x, p) -> affine(Slow.standardise(x.get(0), 12, 1e-3), 4, p)));
    all.add(
        LayerCase.of(
            LayerNorm.last(1e-5),
            Shape.of(2, 6),
            (x, p) -> {
              double[] y = Slow.standardise(x.get(0), 6, 1e-5);
              for (int i = 0; i < y.length; i++) {
                y[i] = y[i] * get(p, "weight")[i % 6] + get(p, "bias")[i % 6];
              }
              return y;
            }));
  }

  private static void pools(List<LayerCase> all) {
    Shape s = Shape.of(2, 7, 5);
    MaxPool2d max = new MaxPool2d(Size.of(3), Size.of(2), Size.of(1));
    all.add(
        LayerCase.of(
            max,
            s,
            (x, p) ->
                Slow.image(
                    2,
                    4,
                    3,
                    (c, i, j) ->
                        window(
                            image(x.get(0), s),
                            c,
                            2 * i - 1,
                            2 * i + 2,
                            2 * j - 1,
                            2 * j + 2,
                            true))));
    AvgPool2d mean = new AvgPool2d(new Size(2, 3), new Size(2, 1), new Size(0, 1));
    all.add(
        LayerCase.of(
            mean,
            s,
            (x, p) ->
                Slow.image(
                    2,
                    3,
                    5,
                    (c, i, j) ->
                        window(image(x.get(0), s), c, 2 * i, 2 * i + 2, j - 1, j + 2, false) / 6)));
    Size to = new Size(3, 2);
    all.add(
        LayerCase.of(
            new AdaptiveMaxPool2d(to), s, (x, p) -> adaptive(image(x.get(0), s), to, true)));
    all.add(
        LayerCase.of(
            new AdaptiveAvgPool2d(to), s, (x, p) -> adaptive(image(x.get(0), s), to, false)));
  }

  /** The largest value, or the sum, of a window; what lies outside the image counts for nothing. */
  private static double window(
      Image x, int c, int top, int bottom, int left, int right, boolean max) {
    double result = max ? Double.NEGATIVE_INFINITY : 0;
    for (int i = top; i < bottom; i++) {
      for (int j = left; j < right; j++) {
        if (x.inside(i, j)) {
          result = max ? Math.max(result, x.at(c, i, j)) : result + x.at(c, i, j);
        }
      }
    }
    return result;
  }

  private static double[] adaptive(Image x, Size to, boolean max) {
    return Slow.image(
        x.channels(),
        to.height(),
        to.width(),
        (c, i, j) -> {
          int top = i * x.height() / to.height();
          int bottom = (int) Math.ceil((i + 1) * x.height() / (double) to.height());
          int left = j * x.width() / to.width();
          int right = (int) Math.ceil((j + 1) * x.width() / (double) to.width());
          double all = window(x, c, top, bottom, left, right, max);
          return max ? all : all / ((bottom - top) * (right - left));
        });
  }

  private static LayerCase upsample(Upsample.Mode mode) {
    Shape s = Shape.of(2, 3, 4);
    LayerCase.Twin twin =
        (x, p) -> {
          Image image = image(x.get(0), s);
          return Slow.image(
              2,
              6,
              12,
              (c, i, j) ->
                  mode == Upsample.Mode.NEAREST
                      ? image.at(c, i / 2, j / 3)
                      : bilinear(image, c, (i + 0.5) / 2 - 0.5, (j + 0.5) / 3 - 0.5));
        };
    return LayerCase.of(new Upsample(new Size(2, 3), mode), s, twin);
  }

  private static double bilinear(Image x, int c, double row, double column) {
    double r = Math.max(row, 0);
    double k = Math.max(column, 0);
    int i = (int) r;
    int j = (int) k;
    int below = Math.min(i + 1, x.height() - 1);
    int right = Math.min(j + 1, x.width() - 1);
    double top = x.at(c, i, j) * (1 - (k - j)) + x.at(c, i, right) * (k - j);
    double bottom = x.at(c, below, j) * (1 - (k - j)) + x.at(c, below, right) * (k - j);
    return top * (1 - (r - i)) + bottom * (r - i);
  }

  private static LayerCase attention(int heads, int length, int width) {
    int each = width / heads;
    LayerCase.Twin twin =
        (x, p) -> {
          double[] joint =
              Slow.linear(x.get(0), width, get(p, "qkv.weight"), get(p, "qkv.bias")); // [L, 3D]
          double[] mixed = new double[length * width]; // [L, D]
          for (int h = 0; h < heads; h++) {
            for (int a = 0; a < length; a++) {
              double[] scores = new double[length];
              for (int b = 0; b < length; b++) {
                for (int k = 0; k < each; k++) {
                  double query = joint[a * 3 * width + h * each + k];
                  double key = joint[b * 3 * width + width + h * each + k];
                  scores[b] += query * key / Math.sqrt(each);
                }
              }
              double[] share = Slow.softmax(scores);
              for (int b = 0; b < length; b++) {
                for (int k = 0; k < each; k++) {
                  double value = joint[b * 3 * width + 2 * width + h * each + k];
                  mixed[a * width + h * each + k] += share[b] * value;
                }
              }
            }
          }
          return Slow.linear(mixed, width, get(p, "out.weight"), get(p, "out.bias"));
        };
    return LayerCase.of(new SelfAttention(heads), Shape.of(length, width), twin);
  }
}
