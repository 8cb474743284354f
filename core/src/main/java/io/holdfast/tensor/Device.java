package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live: the processor, or one CUDA device. CUDA needs the {@code cuda} build profile
 * and has not been verified on hardware yet.
 *
 * @param index the CUDA device's number, -1 for the processor
 */
public record Device(int index) {
  public static final Device CPU = new Device(-1);
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /**
   * Reads {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}; {@code auto} is the processor
   * unless CUDA is there.
   *
   * @throws InvalidInputException for any other text, and for a CUDA device that is not there
   */
  public static Device parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.equals("auto")) {
      return cudaAvailable() ? new Device(0) : CPU;
    }
    Problems problems = new Problems("device");
    Matcher m = CUDA.matcher(text);
    if (!m.matches()) {
      problems.add("device", "auto, cpu or cuda:N", text);
    } else if (!cudaAvailable()) {
      problems.add(
          "device",
          "a device that this build can reach",
          text,
          "build with the Maven profile cuda on a machine with an NVIDIA GPU, or use device: cpu");
    }
    problems.throwIfAny();
    String n = m.group(1);
    return new Device(n == null ? 0 : Integer.parseInt(n));
  }

  public boolean isCpu() {
    return index < 0;
  }

  static boolean cudaAvailable() {
    Engine.load();
    return torch.hasCUDA();
  }

  org.bytedeco.pytorch.Device raw() {
    try {
      return new org.bytedeco.pytorch.Device(toString());
    } catch (RuntimeException e) {
      throw new HoldfastException("device " + this + " cannot be used: " + Engine.plain(e), e);
    }
  }

  @Override
  public String toString() {
    return isCpu() ? "cpu" : "cuda:" + index;
  }
}
