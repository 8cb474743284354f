package io.holdfast.tensor;

/** Writing into a tensor's own storage; each method returns the tensor itself. */
abstract sealed class TensorWriting extends TensorData permits Tensor {
  TensorWriting(org.bytedeco.pytorch.Tensor raw, TensorOwner owner) {
    super(raw, owner);
  }

  private Tensor self() {
    return (Tensor) this;
  }

  public final Tensor addInPlace(Tensor other) {
    raw().add_(other.raw());
    return self();
  }

  public final Tensor addInPlace(Tensor other, double factor) {
    raw().add_(other.raw(), Scalars.of(factor));
    return self();
  }

  public final Tensor addInPlace(double value) {
    raw().add_(Scalars.of(value));
    return self();
  }

  public final Tensor subInPlace(Tensor other) {
    raw().sub_(other.raw());
    return self();
  }

  public final Tensor mulInPlace(double value) {
    raw().mul_(Scalars.of(value));
    return self();
  }

  public final Tensor mulInPlace(Tensor other) {
    raw().mul_(other.raw());
    return self();
  }

  public final Tensor divInPlace(Tensor other) {
    raw().div_(other.raw());
    return self();
  }

  public final Tensor signInPlace() {
    raw().sign_();
    return self();
  }

  public final Tensor clampInPlace(double low, double high) {
    raw().clamp_(Scalars.optional(low), Scalars.optional(high));
    return self();
  }

  /** Clamps each element between those of two tensors of this shape. */
  public final Tensor clampInPlace(Tensor low, Tensor high) {
    raw().clamp_(Nn.optional(low), Nn.optional(high));
    return self();
  }

  /** Copies values (broadcast, converted) into this tensor's storage. */
  public final Tensor copyFrom(Tensor source) {
    raw().copy_(source.raw());
    return self();
  }

  public final Tensor fillInPlace(double value) {
    raw().fill_(Scalars.of(value));
    return self();
  }

  /** Writes {@code value} at the positions along {@code dim}. */
  public final Tensor scatterInPlace(long dim, Tensor positions, double value) {
    raw().scatter_(dim, positions.raw(), Scalars.of(value));
    return self();
  }

  /** Writes the rows of {@code source} at these positions along {@code dim}. */
  public final Tensor indexCopyInPlace(long dim, Tensor positions, Tensor source) {
    raw().index_copy_(dim, positions.raw(), source.raw());
    return self();
  }
}
