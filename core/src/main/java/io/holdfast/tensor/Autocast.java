package io.holdfast.tensor;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Runs convolutions and matrix products of this thread in bfloat16 until closed. Open it around the
 * forward pass only, and close it before gradients are taken.
 */
public final class Autocast implements AutoCloseable {
  private final DeviceType device;
  private final boolean before;
  private final boolean wanted;
  private boolean open = true;

  private Autocast(boolean wanted, DeviceType device) {
    Engine.load();
    this.wanted = wanted;
    this.device = device;
    before = torch.is_autocast_enabled(device);
    if (wanted != before) {
      torch.set_autocast_cache_enabled(false);
      torch.set_autocast_dtype(device, ScalarType.BFloat16);
      torch.set_autocast_enabled(device, wanted);
    }
  }

  /**
   * Bfloat16 for {@link Precision#BFLOAT16}; otherwise it makes sure that autocast is off.
   *
   * @param device that computes
   */
  public static Autocast of(Precision precision, Device device) {
    return new Autocast(precision == Precision.BFLOAT16, device.kernels());
  }

  @Override
  public void close() {
    if (open && wanted != before) {
      torch.set_autocast_enabled(device, before);
    }
    open = false;
  }
}
