package io.holdfast.tensor;

import org.bytedeco.pytorch.AutoGradMode;

/** Switches the tape off on this thread until closed. */
public final class NoGrad implements AutoCloseable {
  private final AutoGradMode guard;

  private NoGrad() {
    Engine.load();
    guard = Scalars.keep(new AutoGradMode(false));
  }

  public static NoGrad on() {
    return new NoGrad();
  }

  @Override
  public void close() {
    guard.close();
  }
}
