package io.holdfast.attack.library;

import io.holdfast.common.Hashes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers of an example: the clean input, the adversarial one and the label, which together
 * name it. Two findings with equal content are the same example, whoever found them. Arrays are
 * row-major and not to be changed.
 */
public final class Content {
  private static final String FORM = "holdfast example 1\n";

  private final List<Integer> shape;
  private final int label;
  private final float[] clean;
  private final float[] adversarial;
  private final float[] variables;

  /**
   * Takes the arrays over.
   *
   * @param shape of one input, such as {@code [C, H, W]}
   * @param label true class, from 0
   * @param clean values of the clean input
   * @param adversarial values of the perturbed input, as many
   * @param variables what the perturbed input is checked by, such as parameters; else empty
   */
  public Content(
      List<Integer> shape, int label, float[] clean, float[] adversarial, float[] variables) {
    int size = shape.stream().reduce(1, Math::multiplyExact);
    if (clean.length != size || adversarial.length != size) {
      throw new IllegalArgumentException(
          "inputs of "
              + clean.length
              + " and "
              + adversarial.length
              + " values do not fill the shape "
              + shape);
    }
    this.shape = List.copyOf(shape);
    this.label = label;
    this.clean = clean;
    this.adversarial = adversarial;
    this.variables = variables;
  }

  public List<Integer> shape() {
    return shape;
  }

  public int label() {
    return label;
  }

  /** The clean input. */
  public float[] clean() {
    return clean;
  }

  /** The perturbed input. */
  public float[] adversarial() {
    return adversarial;
  }

  /** Parameters of the perturbation where a set has them, else empty. */
  public float[] variables() {
    return variables;
  }

  /**
   * SHA-256 over a line that names the form, the shape, the label and the number of variables, then
   * clean input, perturbed input and variables as little-endian float32.
   */
  public String id() {
    MessageDigest digest = head(variables.length);
    digest.update(bytes(clean));
    digest.update(bytes(adversarial));
    digest.update(bytes(variables));
    return Hashes.hex(digest);
  }

  /** SHA-256 of label and clean input alone: equal for all examples made from one sample. */
  String cleanId() {
    MessageDigest digest = head(0);
    digest.update(bytes(clean));
    return Hashes.hex(digest);
  }

  private MessageDigest head(int parameters) {
    MessageDigest digest = Hashes.sha256();
    String line = FORM + shape + " " + label + " " + parameters + "\n";
    digest.update(line.getBytes(StandardCharsets.UTF_8));
    return digest;
  }

  /** Little-endian float32. */
  static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }
}
