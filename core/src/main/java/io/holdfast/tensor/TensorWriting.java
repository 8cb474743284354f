package io.holdfast.tensor;

/** Writing into a tensor's own storage; each method returns the tensor itself. */
abstract sealed class TensorWriting extends TensorData permits Tensor {
  TensorWriting(org.bytedeco.pytorch.Tensor raw, TensorOwner owner) {
    super(raw, owner);
  }

  private Tensor self() {
    return (Tensor) this;
  }

  public Tensor addInPlace(Tensor other) {
    raw().add_(other.raw());
    return self();
  }

  public Tensor addInPlace(Tensor other, double factor) {
    raw().add_(other.raw(), Scalars.of(factor));
    return self();
  }

  public Tensor addInPlace(double value) {
    raw().add_(Scalars.of(value));
    return self();
  }

  public Tensor subInPlace(Tensor other) {
    raw().sub_(other.raw());
    return self();
  }

  public Tensor mulInPlace(double value) {
    raw().mul_(Scalars.of(value));
    return self();
  }

  public Tensor mulInPlace(Tensor other) {
    raw().mul_(other.raw());
    return self();
  }

  public Tensor divInPlace(Tensor other) {
    raw().div_(other.raw());
    return self();
  }

  public Tensor signInPlace() {
    raw().sign_();
    return self();
  }

  public Tensor clampInPlace(double low, double high) {
    raw().clamp_(Scalars.optional(low), Scalars.optional(high));
    return self();
  }

  /** Clamps each element between those of two tensors of this shape. */
  public Tensor clampInPlace(Tensor low, Tensor high) {
    raw().clamp_(Nn.optional(low), Nn.optional(high));
    return self();
  }

  /** Copies values (broadcast, converted) into this tensor's storage. */
  public Tensor copyFrom(Tensor source) {
    raw().copy_(source.raw());
    return self();
  }

  public Tensor fillInPlace(double value) {
    raw().fill_(Scalars.of(value));
    return self();
  }

  /** Writes {@code value} at the positions along {@code dim}. */
  public Tensor scatterInPlace(long dim, Tensor positions, double value) {
    raw().scatter_(dim, positions.raw(), Scalars.of(value));
    return self();
  }

  /** Writes the rows of {@code source} at these positions along {@code dim}. */
  public Tensor indexCopyInPlace(long dim, Tensor positions, Tensor source) {
    raw().index_copy_(dim, positions.raw(), source.raw());
    return self();
  }
}
