package io.holdfast.common;

/** The user asked a run to stop and it stopped at a safe point; the command line exits with 130. */
public final class RunInterruptedException extends HoldfastException {
  private static final long serialVersionUID = 1L;

  public RunInterruptedException(String message) {
    super(message);
  }
}
