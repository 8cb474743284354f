package io.holdfast.tensor;

import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * What a tensor is and holds: its owner, its shape and type, its elements as Java arrays. Public
 * methods are not final: the compiler then repeats them in {@link Tensor}, where references such as
 * {@code x::shape} from other packages find them.
 */
abstract sealed class TensorData permits TensorWriting {
  private final org.bytedeco.pytorch.Tensor raw;
  private final TensorOwner owner;
  private final @Nullable Device place; // known with DeviceCheck only

  TensorData(org.bytedeco.pytorch.Tensor raw, TensorOwner owner, @Nullable Device place) {
    this.raw = raw;
    this.owner = owner;
    this.place = place;
  }

  /** An operand of an operation, whose result is wrapped, or {@link DeviceCheck#end ended}. */
  final org.bytedeco.pytorch.Tensor raw() {
    owner.use("a tensor");
    if (DeviceCheck.ON) {
      DeviceCheck.operand(place);
    }
    return raw;
  }

  /** As {@link #raw}, for what is asked of this tensor alone, wherever it lies. */
  final org.bytedeco.pytorch.Tensor handle() {
    owner.use("a tensor");
    return raw;
  }

  final @Nullable Device place() {
    return place;
  }

  /** What this tensor's lifetime hangs on. */
  public TensorOwner owner() {
    return owner;
  }

  // ---- shape and type

  public long[] shape() {
    return handle().shape();
  }

  public long size(int dim) {
    return handle().size(dim);
  }

  public int rank() {
    return (int) handle().dim();
  }

  public long count() {
    return handle().numel();
  }

  public DType type() {
    return DType.of(handle().scalar_type());
  }

  public Device device() {
    if (place != null) {
      return place;
    }
    if (!handle().is_cuda()) {
      return Device.CPU;
    }
    try (org.bytedeco.pytorch.Device d = handle().device()) {
      return new Device(d.index());
    }
  }

  /** The same shape, type and bits (NaN differs from itself). */
  public boolean sameAs(Tensor other) {
    boolean same =
        type() == other.type()
            && Arrays.equals(shape(), other.shape())
            && torch.equal(raw(), other.raw());
    DeviceCheck.end();
    return same;
  }

  // ---- elements

  /** The only element. */
  public double item() {
    return handle().item_double();
  }

  /** False as soon as one element is NaN or infinite. */
  public boolean allFinite() {
    try (Scope scope = Scope.open()) {
      // NaN and infinity never vanish in a sum; finite elements may overflow in one.
      return Double.isFinite(handle().sum().item_double()) || handle().isfinite().all().item_bool();
    }
  }

  public boolean any() {
    try (Scope scope = Scope.open()) {
      return handle().any().item_bool();
    }
  }

  public boolean all() {
    try (Scope scope = Scope.open()) {
      return handle().all().item_bool();
    }
  }

  public float[] toFloats() {
    return read(ScalarType.Float, float[]::new, (from, to) -> new FloatPointer(from).get(to));
  }

  /**
   * As {@link #toFloats()}, written to an array of as many elements.
   *
   * @throws IllegalArgumentException if it has another length
   */
  public void toFloats(float[] to) {
    read(ScalarType.Float, count -> fit(to, count), (from, all) -> new FloatPointer(from).get(all));
  }

  private static float[] fit(float[] to, int count) {
    if (to.length != count) {
      throw new IllegalArgumentException(
          "an array of " + count + " elements was expected, found one of " + to.length);
    }
    return to;
  }

  public double[] toDoubles() {
    return read(ScalarType.Double, double[]::new, (from, to) -> new DoublePointer(from).get(to));
  }

  public long[] toLongs() {
    return read(ScalarType.Long, long[]::new, (from, to) -> new LongPointer(from).get(to));
  }

  public boolean[] toBooleans() {
    long[] values = toLongs();
    boolean[] out = new boolean[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[i] != 0;
    }
    return out;
  }

  /** The elements' raw little-endian bytes in row-major order. */
  public byte[] toBytes() {
    int width = type().bytes();
    return read(
        handle().scalar_type(),
        count -> new byte[Math.multiplyExact(count, width)],
        (from, to) -> new BytePointer(from).get(to));
  }

  private <A> A read(ScalarType type, IntFunction<A> array, BiConsumer<Pointer, A> copy) {
    try (Scope scope = Scope.open()) {
      org.bytedeco.pytorch.Tensor c = handle().detach().to(Device.CPU.raw(), type).contiguous();
      int count = Math.toIntExact(c.numel());
      A out = array.apply(count);
      if (count > 0) { // an empty tensor has no memory
        copy.accept(c.data_ptr(), out);
      }
      return out;
    }
  }

  @Override
  public String toString() {
    return owner.isOpen() ? type() + Arrays.toString(raw.shape()) : "Tensor[closed]";
  }
}
