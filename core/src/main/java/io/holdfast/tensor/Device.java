package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live: the processor, or one CUDA device, to which {@link Tensor#to(Device)} copies.
 * CUDA needs the {@code cuda} build profile and has not been verified on hardware yet; training,
 * attacks and prediction make their tensors on the processor.
 *
 * @param index the CUDA device's number, -1 for the processor
 */
public record Device(int index) {
  public static final Device CPU = new Device(-1);
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /**
   * Reads {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}; {@code auto} is the processor.
   *
   * @throws InvalidInputException for any other text, and for a CUDA device that is not there
   */
  public static Device parse(String text) {
    Matcher m = CUDA.matcher(text);
    return parse(text, m.matches() ? cudaDevices() : 0);
  }

  /** As {@link #parse(String)}, on a machine with so many CUDA devices. */
  static Device parse(String text, int cudaDevices) {
    if (text.equals("cpu") || text.equals("auto")) {
      return CPU;
    }
    Matcher m = CUDA.matcher(text);
    if (!m.matches()) {
      throw new InvalidInputException("device", "", "auto, cpu or cuda:N", text);
    }
    if (cudaDevices == 0) {
      throw new InvalidInputException(
          "device",
          "",
          "a device that this build can reach",
          text,
          "build with the Maven profile cuda on a machine with an NVIDIA GPU, or use device: cpu");
    }
    String n = m.group(1);
    int index = n == null ? 0 : Integer.parseInt(n);
    if (index >= cudaDevices) {
      String there =
          cudaDevices == 1
              ? "cuda:0, the only device"
              : "cuda:0 to cuda:%d, the devices".formatted(cudaDevices - 1);
      throw new InvalidInputException("device", "", there + " of this machine", text);
    }
    return new Device(index);
  }

  public boolean isCpu() {
    return index < 0;
  }

  private static int cudaDevices() {
    Engine.load();
    return torch.hasCUDA() ? torch.cuda_device_count() : 0;
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
