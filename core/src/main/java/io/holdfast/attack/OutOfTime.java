package io.holdfast.attack;

/** The deadline has passed in the middle of a shard; its samples stay as they are. */
final class OutOfTime extends RuntimeException {
  private static final long serialVersionUID = 1;

  OutOfTime() {
    super("out of time", null, false, false);
  }
}
