package io.holdfast.attack.universal;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackTask;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One perturbation that was made before, put on whatever samples are attacked: those that it was
 * not made for tell how universal it is (Moosavi-Dezfooli et al. 2017, section 3), and on another
 * model how far it transfers. Each sample is judged by itself; what lies outside of the threat
 * model is projected into it, as the results of all attacks are.
 */
public final class KeptPerturbation implements Attack {
  private static final int HASH = 8; // hex digits in the key

  private final UniversalAttack maker;
  private final float[] values;
  private final long[] shape;

  /**
   * Keeps one.
   *
   * @param maker that made it
   * @param values row-major, finite
   * @param shape with one row, {@code [1, ...]}
   * @throws InvalidInputException if the values are not of that shape, or not finite
   */
  public KeptPerturbation(UniversalAttack maker, float[] values, long... shape) {
    this.maker = maker;
    this.values = values.clone();
    this.shape = shape.clone();
    String source = "perturbation of " + maker.name();
    long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (shape.length < 2 || shape[0] != 1 || size != values.length) {
      throw new InvalidInputException(
          source,
          "",
          "one perturbation [1, ...]",
          values.length + " values as " + Arrays.toString(shape));
    }
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new InvalidInputException(source, "", "finite values", Float.toString(value));
      }
    }
  }

  /** The attack that made it. */
  public UniversalAttack maker() {
    return maker;
  }

  /** Its values, row-major. */
  public float[] values() {
    return values.clone();
  }

  /** {@code [1, ...]}. */
  public long[] shape() {
    return shape.clone();
  }

  /** SHA-256 of shape and values, in hexadecimal digits. */
  public String hash() {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES * shape.length + Float.BYTES * values.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(shape).forEach(bytes::putLong);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return Hashes.sha256Hex(bytes.array());
  }

  @Override
  public String name() {
    return maker.name();
  }

  /** The maker's, and the beginning of {@link #hash}. */
  @Override
  public String key() {
    String own = maker.key();
    String kept = "kept=" + hash().substring(0, HASH) + "]";
    return own.endsWith("]") ? own.substring(0, own.length() - 1) + "," + kept : own + "[" + kept;
  }

  @Override
  public String family() {
    return maker.family();
  }

  @Override
  public Knowledge needs() {
    return maker.needsToApply();
  }

  @Override
  public void check(ThreatModel threat, int classes) {
    maker.check(threat, classes);
  }

  @Override
  public void checkInputs(long[] input) {
    maker.checkInputs(input);
    maker.checkPerturbation(shape, input);
  }

  @Override
  public Tensor perturb(AttackTask task) {
    Tensor kept = Tensors.of(values, shape).to(task.region().clean().device()); // [1, ...]
    return maker.applied(task, kept); // [n, ...]
  }
}
