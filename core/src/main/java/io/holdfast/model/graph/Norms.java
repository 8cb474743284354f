package io.holdfast.model.graph;

import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.model.graph.layer.Dropout;
import io.holdfast.model.graph.layer.GroupNorm;
import io.holdfast.model.graph.layer.LayerNorm;
import io.holdfast.model.graph.layer.Normalise;
import io.holdfast.tensor.Meeting;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.SynchronisedNorm;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.Arrays;
import java.util.List;

/** Forward rules of normalisations and dropout. */
final class Norms {
  private Norms() {}

  static Tensor batchNorm(BatchNorm l, Step s) {
    BatchNormPolicy policy =
        s.mode() instanceof Mode.Training t
            ? t.batchNorm(s.node().name())
            : BatchNormPolicy.RUNNING;
    if (policy instanceof BatchNormPolicy.Synchronised together) {
      return synchronised(l, s, together.meeting());
    }
    return policy instanceof BatchNormPolicy.Ghost ? ghost(l, s) : running(l, s);
  }

  private static Tensor synchronised(BatchNorm l, Step s, Meeting meeting) {
    String node = s.node().name();
    SynchronisedNorm.Normalised n =
        SynchronisedNorm.apply(
            s.x(), s.parameter("weight"), s.parameter("bias"), l.eps(), node, meeting);
    s.statistics().accept(new BatchStatistics(node, n.mean(), n.variance(), n.count()));
    return n.value();
  }

  private static Tensor running(BatchNorm l, Step s) {
    return Nn.batchNorm(
        s.x(),
        s.parameter("weight"),
        s.parameter("bias"),
        s.parameter("running_mean"),
        s.parameter("running_var"),
        false,
        0,
        l.eps());
  }

  private static Tensor ghost(BatchNorm l, Step s) {
    Nn.Normalised n =
        Nn.batchNormByBatch(s.x(), s.parameter("weight"), s.parameter("bias"), l.eps());
    long count = s.x().count() / s.x().size(1);
    s.statistics().accept(new BatchStatistics(s.node().name(), n.mean(), n.variance(), count));
    return n.value();
  }

  static Tensor groupNorm(GroupNorm l, Step s) {
    return Nn.groupNorm(s.x(), l.groups(), s.parameter("weight"), s.parameter("bias"), l.eps());
  }

  static Tensor layerNorm(LayerNorm l, Step s) {
    Tensor weight = s.parameter("weight");
    return Nn.layerNorm(s.x(), weight.shape(), weight, s.parameter("bias"), l.eps());
  }

  static Tensor dropout(Dropout l, Step s) {
    if (!(s.mode() instanceof Mode.Training t) || l.probability() == 0) {
      return s.x();
    }
    double kept = 1 - l.probability();
    Rng rng = Rng.of(t.seed().split(s.node().name()));
    Tensor mask = rng.bernoulli(kept, s.x().shape()).mulInPlace(1 / kept); // [N, ...]
    return s.x().mul(mask.to(s.x().type()).to(s.x().device()));
  }

  static Tensor normalise(Normalise l, Step s) {
    Tensor x = s.x(); // [N, C, ...]
    return x.sub(perChannel(l.mean(), x)).div(perChannel(l.deviation(), x));
  }

  /** {@code [C, 1, ...]}, to broadcast against {@code x [N, C, ...]}. */
  private static Tensor perChannel(List<Double> values, Tensor x) {
    long[] shape = new long[x.rank() - 1];
    Arrays.fill(shape, 1);
    shape[0] = values.size();
    double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Tensors.of(all, shape).to(x.type()).to(x.device());
  }
}
