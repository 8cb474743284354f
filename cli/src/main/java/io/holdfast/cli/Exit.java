package io.holdfast.cli;

/** The exit codes that scripts rely on. */
final class Exit {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int GATE_NOT_MET = 3;
  static final int INTERRUPTED = 130;

  private Exit() {}
}
