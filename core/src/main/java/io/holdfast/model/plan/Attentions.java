package io.holdfast.model.plan;

import io.holdfast.model.graph.layer.SelfAttention;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import java.util.List;

/**
 * Self-attention without a mask. Shapes: N batch, L sequence length, D width, A heads, d = D / A.
 */
final class Attentions {
  private Attentions() {}

  static Operation compile(SelfAttention layer, Item item, Store store) {
    Tensor in = store.keep(item.weight("qkv.weight")); // [3D, D]
    Tensor inBias = store.keep(item.weight("qkv.bias")); // [3D]
    Tensor out = store.keep(item.weight("out.weight")); // [D, D]
    Tensor outBias = store.keep(item.weight("out.bias")); // [D]
    long length = item.in().size(0);
    long width = item.in().size(1);
    long head = width / layer.heads();
    double scale = 1 / Math.sqrt((double) head);
    return (inputs, batch) -> {
      Tensor split =
          Nn.linear(inputs.get(0), in, inBias) // [N, L, 3D]
              .reshape(batch, length, 3, layer.heads(), head)
              .permute(2, 0, 3, 1, 4); // [3, N, A, L, d]
      Tensor q = split.select(0, 0).mul(scale); // [N, A, L, d]
      Tensor k = split.select(0, 1); // [N, A, L, d]
      Tensor v = split.select(0, 2); // [N, A, L, d]
      Tensor p = Nn.softmax(q.matmul(k.transpose(2, 3)), 3); // [N, A, L, L]
      Tensor mixed = p.matmul(v).transpose(1, 2).reshape(batch, length, width); // [N, L, D]
      return new Operation.Result(
          Nn.linear(mixed, out, outBias),
          Gradient.making(
              g -> {
                Tensor heads =
                    g.matmul(out)
                        .reshape(batch, length, layer.heads(), head)
                        .transpose(1, 2); // [N, A, L, d]
                Tensor dp = heads.matmul(v.transpose(2, 3)).mulInPlace(p); // [N, A, L, L]
                Tensor ds = dp.sub(p.mul(dp.sumKeep(3))); // [N, A, L, L]
                Tensor dq = ds.matmul(k).mulInPlace(scale); // [N, A, L, d]
                Tensor dk = ds.transpose(2, 3).matmul(q); // [N, A, L, d]
                Tensor dv = p.transpose(2, 3).matmul(heads); // [N, A, L, d]
                return Tensors.stack(List.of(dq, dk, dv), 0) // [3, N, A, L, d]
                    .permute(1, 3, 0, 2, 4) // [N, L, 3, A, d]
                    .reshape(batch, length, 3 * width)
                    .matmul(in); // [N, L, D]
              }));
    };
  }
}
