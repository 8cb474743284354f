package io.holdfast.tensor;

import org.jspecify.annotations.Nullable;

/** Writing into a tensor's own storage; each method returns the tensor itself. */
abstract sealed class TensorWriting extends TensorData permits Tensor {
  TensorWriting(org.bytedeco.pytorch.Tensor raw, TensorOwner owner, @Nullable Device place) {
    super(raw, owner, place);
  }

  /** This tensor, after an operation wrote into it. */
  final Tensor written() {
    DeviceCheck.end();
    return (Tensor) this;
  }

  public Tensor addInPlace(Tensor other) {
    raw().add_(other.raw());
    return written();
  }

  public Tensor addInPlace(Tensor other, double factor) {
    raw().add_(other.raw(), Scalars.of(factor));
    return written();
  }

  public Tensor addInPlace(double value) {
    raw().add_(Scalars.of(value));
    return written();
  }

  public Tensor subInPlace(Tensor other) {
    raw().sub_(other.raw());
    return written();
  }

  public Tensor mulInPlace(double value) {
    raw().mul_(Scalars.of(value));
    return written();
  }

  public Tensor mulInPlace(Tensor other) {
    raw().mul_(other.raw());
    return written();
  }

  public Tensor divInPlace(Tensor other) {
    raw().div_(other.raw());
    return written();
  }

  public Tensor signInPlace() {
    raw().sign_();
    return written();
  }

  public Tensor clampInPlace(double low, double high) {
    raw().clamp_(Scalars.optional(low), Scalars.optional(high));
    return written();
  }

  /** Clamps each element between those of two tensors of this shape. */
  public Tensor clampInPlace(Tensor low, Tensor high) {
    raw().clamp_(Nn.optional(low), Nn.optional(high));
    return written();
  }

  /** Copies values (broadcast, converted, from any device) into this tensor's storage. */
  public Tensor copyFrom(Tensor source) {
    handle().copy_(source.handle());
    return written();
  }

  public Tensor fillInPlace(double value) {
    raw().fill_(Scalars.of(value));
    return written();
  }

  /** Writes {@code value} at the positions along {@code dim}. */
  public Tensor scatterInPlace(long dim, Tensor positions, double value) {
    raw().scatter_(dim, positions.raw(), Scalars.of(value));
    return written();
  }

  /** Writes the rows of {@code source} at these positions along {@code dim}. */
  public Tensor indexCopyInPlace(long dim, Tensor positions, Tensor source) {
    raw().index_copy_(dim, positions.raw(), source.raw());
    return written();
  }
}
