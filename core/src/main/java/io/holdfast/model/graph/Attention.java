package io.holdfast.model.graph;

import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;

/** Forward rule of self-attention. N batch, L sequence length, D width, A heads, d = D / A. */
final class Attention {
  private static final double MASKED = -1e9;

  private Attention() {}

  static Tensor apply(SelfAttention l, Step s) {
    Tensor x = s.x(); // [N, L, D]
    long n = x.size(0);
    long length = x.size(1);
    long width = x.size(2);
    Tensor joint = Nn.linear(x, s.parameter("qkv.weight"), s.parameter("qkv.bias")); // [N, L, 3D]
    Tensor split =
        joint
            .reshape(n, length, 3, l.heads(), width / l.heads()) // [N, L, 3, A, d]
            .permute(2, 0, 3, 1, 4); // [3, N, A, L, d]
    Tensor mask = s.inputs().size() == 2 ? additive(s.inputs().get(1), joint) : null;
    Tensor mixed =
        Nn.attention(
                split.select(0, 0), split.select(0, 1), split.select(0, 2), mask) // [N, A, L, d]
            .transpose(1, 2) // [N, L, A, d]
            .reshape(n, length, width); // [N, L, D]
    return Nn.linear(mixed, s.parameter("out.weight"), s.parameter("out.bias"));
  }

  /** 0 where a position may be attended to, else a large negative number: {@code [N, 1, 1, L]}. */
  private static Tensor additive(Tensor allowed, Tensor like) {
    return Tensors.zeros(like.type(), allowed.shape())
        .to(like.device())
        .maskedFill(allowed.not(), MASKED)
        .unsqueeze(1)
        .unsqueeze(1);
  }
}
