package io.holdfast.tensor;

import org.jspecify.annotations.Nullable;

/**
 * Finds tensors that were left on the processor, on machines without another device: with the
 * system property {@code holdfast.devicecheck} a CUDA device is a stand-in whose tensors lie in
 * ordinary memory but are marked, results carry their operands' mark, and an operation between
 * tensors of different marks fails, also where CUDA would let a number of no dimensions pass. For
 * tests; without the property nothing of it runs.
 */
final class DeviceCheck {
  static final boolean ON = Boolean.getBoolean("holdfast.devicecheck");
  private static final ThreadLocal<DeviceCheck> MINE = ThreadLocal.withInitial(DeviceCheck::new);

  private Device place = Device.CPU;
  private boolean complete = true; // the next operand begins another operation

  private DeviceCheck() {}

  /** The mark of a new tensor that no operation made; null without the check. */
  static @Nullable Device made() {
    return ON ? Device.CPU : null;
  }

  /** Notes an operand of the operation that is being put together. */
  static void operand(@Nullable Device at) {
    DeviceCheck now = MINE.get();
    if (now.complete) {
      now.place = at == null ? Device.CPU : at;
      now.complete = false;
    } else if (!now.place.equals(at)) {
      now.complete = true;
      throw new IllegalStateException(
          "one operation on tensors of " + now.place + " and of " + at + ", which CUDA refuses");
    }
  }

  /** The mark of what came out of the operation; null without the check. */
  static @Nullable Device result() {
    if (!ON) {
      return null;
    }
    DeviceCheck now = MINE.get();
    now.complete = true;
    return now.place;
  }

  /** The operation is over, one whose result is none of ours. */
  static void end() {
    if (ON) {
      MINE.get().complete = true;
    }
  }
}
