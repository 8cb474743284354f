package io.holdfast.tensor;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/**
 * Where tensors live: the processor, or one CUDA device, to which {@link Tensor#to(Device)} copies.
 * A network computes where its weights are; trainer, attack driver and predictor bring it its
 * inputs, and what is made on the way is made there. CUDA needs the {@code cuda} build profile and
 * has never run on hardware.
 *
 * @param index the CUDA device's number, -1 for the processor
 */
public record Device(int index) {
  public static final Device CPU = new Device(-1);
  private static final Map<Device, org.bytedeco.pytorch.Device> NATIVE = new ConcurrentHashMap<>();
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /**
   * Reads {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}; {@code auto} is the first CUDA
   * device where the build knows CUDA and finds one, else the processor.
   *
   * @throws InvalidInputException for any other text, and for a CUDA device that is not there
   */
  public static Device parse(String text) {
    Matcher m = CUDA.matcher(text);
    return parse(text, m.matches() || text.equals("auto") ? cudaDevices() : 0);
  }

  /** As {@link #parse(String)}, on a machine with so many CUDA devices. */
  static Device parse(String text, int cudaDevices) {
    if (text.equals("auto")) {
      return cudaDevices == 0 ? CPU : new Device(0);
    }
    if (text.equals("cpu")) {
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

  /** Whether values lie in ordinary memory, which a loop can read: those of a stand-in do, too. */
  public boolean inMemory() {
    return isCpu() || DeviceCheck.ON;
  }

  /** How many CUDA devices this build can use; without CUDA in it the engine is not loaded. */
  private static int cudaDevices() {
    if (!NativeLibraries.haveCuda()) {
      return 0;
    }
    Engine.load();
    return torch.hasCUDA() ? torch.cuda_device_count() : 0;
  }

  org.bytedeco.pytorch.Device raw() {
    return NATIVE.computeIfAbsent(this, Device::make);
  }

  private static org.bytedeco.pytorch.Device make(Device device) {
    try {
      if (!device.isCpu()) {
        Engine.prepareCuda();
      }
      return Scalars.keep(new org.bytedeco.pytorch.Device(device.toString()));
    } catch (RuntimeException e) {
      throw new HoldfastException("device " + device + " cannot be used: " + Engine.plain(e), e);
    }
  }

  /** The kind of device whose kernels compute; the stand-in's are the processor's. */
  DeviceType kernels() {
    return inMemory() ? DeviceType.CPU : DeviceType.CUDA;
  }

  @Override
  public String toString() {
    return isCpu() ? "cpu" : "cuda:" + index;
  }
}
