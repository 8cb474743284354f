package io.holdfast.tensor;

import org.bytedeco.pytorch.AutoGradMode;

/**
 * Turns the tape of this thread on until closed, also within {@link NoGrad}: for models that
 * compute derivatives of their own in order to answer.
 */
public final class WithGrad implements AutoCloseable {
  private final AutoGradMode guard;

  private WithGrad() {
    Engine.load();
    guard = Scalars.keep(new AutoGradMode(true));
  }

  public static WithGrad on() {
    return new WithGrad();
  }

  @Override
  public void close() {
    guard.close();
  }
}
