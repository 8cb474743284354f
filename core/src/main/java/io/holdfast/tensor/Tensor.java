package io.holdfast.tensor;

import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array of one element type, owned by a {@link TensorOwner}. Operations return new
 * tensors that belong to the innermost open scope of the calling thread; those named {@code
 * ...InPlace} write into this one and return it. Dimensions may be counted from the end (-1 is the
 * last). Wrong shapes, types and indices fail with a {@link RuntimeException} whose first line
 * names them.
 */
public final class Tensor extends TensorWriting {
  Tensor(org.bytedeco.pytorch.Tensor raw, TensorOwner owner, @Nullable Device place) {
    super(raw, owner, place);
  }

  /** The result of an operation on tensors whose {@link #raw} was asked for. */
  static Tensor wrap(org.bytedeco.pytorch.Tensor raw) {
    return new Tensor(raw, Scope.current(), DeviceCheck.result());
  }

  /** A new tensor on the processor. */
  static Tensor made(org.bytedeco.pytorch.Tensor raw) {
    return new Tensor(raw, Scope.current(), DeviceCheck.made());
  }

  /** A copy of a reference to a tensor that lies where {@code like} does. */
  static Tensor reference(org.bytedeco.pytorch.Tensor reference, @Nullable Device place) {
    return new Tensor(new org.bytedeco.pytorch.Tensor(reference), Scope.current(), place);
  }

  /** A copy of a reference into a native container, while the container lives. */
  static Tensor wrapReference(org.bytedeco.pytorch.Tensor reference) {
    return wrap(new org.bytedeco.pytorch.Tensor(reference));
  }

  // ---- shape, type and place

  public Tensor view(long... shape) {
    return wrap(raw().view(shape));
  }

  public Tensor reshape(long... shape) {
    return wrap(raw().reshape(shape));
  }

  public Tensor permute(long... dims) {
    return wrap(raw().permute(dims));
  }

  public Tensor transpose(long a, long b) {
    return wrap(raw().transpose(a, b));
  }

  public Tensor flatten(long from, long to) {
    return wrap(raw().flatten(from, to));
  }

  public Tensor unsqueeze(long dim) {
    return wrap(raw().unsqueeze(dim));
  }

  public Tensor squeeze(long dim) {
    return wrap(raw().squeeze(dim));
  }

  public Tensor expand(long... shape) {
    return wrap(raw().expand(shape));
  }

  /** Elements {@code from} (included) to {@code to} (excluded) along {@code dim}; a view. */
  public Tensor slice(long dim, long from, long to) {
    return slice(dim, from, to, 1);
  }

  public Tensor slice(long dim, long from, long to, long step) {
    return wrap(raw().slice(dim, new LongOptional(from), new LongOptional(to), step));
  }

  /** The index-th entry along {@code dim}, which disappears; a view. */
  public Tensor select(long dim, long index) {
    return wrap(raw().select(dim, index));
  }

  /** The rows (along {@code dim}) at these positions, copied. */
  public Tensor indexSelect(long dim, Tensor positions) {
    return wrap(raw().index_select(dim, positions.raw()));
  }

  public Tensor gather(long dim, Tensor positions) {
    return wrap(raw().gather(dim, positions.raw()));
  }

  public Tensor contiguous() {
    return wrap(raw().contiguous());
  }

  /** The same values in channels-last memory order; {@code [N, C, H, W]} only. */
  public Tensor channelsLast() {
    return wrap(raw().contiguous(MemoryFormat.ChannelsLast));
  }

  public Tensor to(DType type) {
    return wrap(raw().to(type.scalarType));
  }

  /** A copy on that device; where this one is there already, the same storage. */
  public Tensor to(Device device) {
    if (DeviceCheck.ON) {
      org.bytedeco.pytorch.Tensor there = device.equals(place()) ? handle() : handle().clone();
      return reference(there, device);
    }
    return wrap(raw().to(device.raw(), raw().scalar_type()));
  }

  @Override
  public Tensor clone() {
    return wrap(raw().clone());
  }

  // ---- the tape

  /** The same storage, off the tape. */
  public Tensor detach() {
    return wrap(raw().detach());
  }

  public boolean requiresGrad() {
    return handle().requires_grad();
  }

  /** A new leaf on the tape with the same storage. */
  public Tensor asLeaf() {
    Tensor leaf = detach();
    leaf.handle().set_requires_grad(true);
    return leaf;
  }

  // ---- arithmetic

  public Tensor add(Tensor other) {
    return wrap(raw().add(other.raw()));
  }

  public Tensor add(double value) {
    return wrap(raw().add(Scalars.of(value)));
  }

  /** {@code this + factor * other}. */
  public Tensor add(Tensor other, double factor) {
    return wrap(raw().add(other.raw(), Scalars.of(factor)));
  }

  public Tensor sub(Tensor other) {
    return wrap(raw().sub(other.raw()));
  }

  public Tensor sub(double value) {
    return wrap(raw().sub(Scalars.of(value)));
  }

  public Tensor mul(Tensor other) {
    return wrap(raw().mul(other.raw()));
  }

  public Tensor mul(double value) {
    return wrap(raw().mul(Scalars.of(value)));
  }

  public Tensor div(Tensor other) {
    return wrap(raw().div(other.raw()));
  }

  public Tensor div(double value) {
    return wrap(raw().div(Scalars.of(value)));
  }

  public Tensor neg() {
    return wrap(raw().neg());
  }

  public Tensor abs() {
    return wrap(raw().abs());
  }

  public Tensor sign() {
    return wrap(raw().sign());
  }

  public Tensor square() {
    return wrap(raw().square());
  }

  public Tensor sqrt() {
    return wrap(raw().sqrt());
  }

  public Tensor exp() {
    return wrap(raw().exp());
  }

  public Tensor log() {
    return wrap(raw().log());
  }

  public Tensor pow(double exponent) {
    return wrap(raw().pow(Scalars.of(exponent)));
  }

  public Tensor sin() {
    return wrap(raw().sin());
  }

  public Tensor cos() {
    return wrap(raw().cos());
  }

  /** The inverse of the error function, of values in (-1, 1). */
  public Tensor erfinv() {
    return wrap(raw().erfinv());
  }

  public Tensor round() {
    return wrap(raw().round());
  }

  public Tensor floor() {
    return wrap(raw().floor());
  }

  public Tensor reciprocal() {
    return wrap(raw().reciprocal());
  }

  public Tensor clamp(double low, double high) {
    return wrap(raw().clamp(Scalars.optional(low), Scalars.optional(high)));
  }

  public Tensor clampMin(double low) {
    return wrap(raw().clamp(Scalars.optional(low), Scalars.NONE));
  }

  public Tensor clampMax(double high) {
    return wrap(raw().clamp(Scalars.NONE, Scalars.optional(high)));
  }

  public Tensor maximum(Tensor other) {
    return wrap(torch.maximum(raw(), other.raw()));
  }

  public Tensor minimum(Tensor other) {
    return wrap(torch.minimum(raw(), other.raw()));
  }

  public Tensor matmul(Tensor other) {
    return wrap(raw().matmul(other.raw()));
  }

  // ---- comparison (results are BOOL)

  public Tensor eq(Tensor other) {
    return wrap(raw().eq(other.raw()));
  }

  public Tensor eq(double value) {
    return wrap(raw().eq(Scalars.of(value)));
  }

  public Tensor ne(Tensor other) {
    return wrap(raw().ne(other.raw()));
  }

  public Tensor gt(Tensor other) {
    return wrap(raw().gt(other.raw()));
  }

  public Tensor gt(double value) {
    return wrap(raw().gt(Scalars.of(value)));
  }

  public Tensor ge(Tensor other) {
    return wrap(raw().ge(other.raw()));
  }

  public Tensor ge(double value) {
    return wrap(raw().ge(Scalars.of(value)));
  }

  public Tensor lt(Tensor other) {
    return wrap(raw().lt(other.raw()));
  }

  public Tensor lt(double value) {
    return wrap(raw().lt(Scalars.of(value)));
  }

  public Tensor le(Tensor other) {
    return wrap(raw().le(other.raw()));
  }

  public Tensor le(double value) {
    return wrap(raw().le(Scalars.of(value)));
  }

  public Tensor and(Tensor other) {
    return wrap(raw().logical_and(other.raw()));
  }

  public Tensor or(Tensor other) {
    return wrap(raw().logical_or(other.raw()));
  }

  public Tensor not() {
    return wrap(raw().logical_not());
  }

  public Tensor maskedFill(Tensor mask, double value) {
    return wrap(raw().masked_fill(mask.raw(), Scalars.of(value)));
  }

  // ---- reductions

  public Tensor sum() {
    return wrap(raw().sum());
  }

  /** Sum over some dimensions, which disappear. */
  public Tensor sum(long... dims) {
    return wrap(raw().sum(dims));
  }

  /** Sum over some dimensions, which stay with size 1. */
  public Tensor sumKeep(long... dims) {
    return wrap(raw().sum(dims, true, Scalars.SAME_TYPE));
  }

  public Tensor mean() {
    return wrap(raw().mean());
  }

  public Tensor mean(long... dims) {
    return wrap(raw().mean(dims));
  }

  public Tensor meanKeep(long... dims) {
    return wrap(raw().mean(dims, true, Scalars.SAME_TYPE));
  }

  public Tensor max() {
    return wrap(raw().max());
  }

  public Tensor min() {
    return wrap(raw().min());
  }

  public Tensor max(long... dims) {
    return wrap(raw().amax(dims, false));
  }

  public Tensor min(long... dims) {
    return wrap(raw().amin(dims, false));
  }

  public Tensor argmax(long dim) {
    return wrap(raw().argmax(new LongOptional(dim), false));
  }

  public Tensor cumsum(long dim) {
    return wrap(raw().cumsum(dim));
  }

  /** Values and their positions. */
  public record Ranked(Tensor values, Tensor positions) {}

  /** A stable sort along {@code dim}. */
  public Ranked sort(long dim, boolean descending) {
    return ranked(raw().sort(new BoolOptional(true), dim, descending));
  }

  /**
   * The inverse of {@link #gather} for the positions of a {@link #sort}: value i goes to where
   * {@code positions} says that it came from.
   */
  public Tensor putBack(long dim, Tensor positions) {
    return wrap(raw().scatter(dim, positions.raw(), raw()));
  }

  /** The k largest along {@code dim}, in descending order. */
  public Ranked topk(long k, long dim) {
    return ranked(raw().topk(k, dim, true, true));
  }

  private static Ranked ranked(T_TensorTensor_T pair) {
    return new Ranked(wrapReference(pair.get0()), wrapReference(pair.get1()));
  }

  public Tensor logSumExp(long... dims) {
    return wrap(torch.logsumexp(raw(), dims));
  }

  public Tensor isFinite() {
    return wrap(raw().isfinite());
  }
}
