package io.holdfast.common;

/** Progress that nobody watches. */
enum SilentProgress implements Progress, Progress.Task {
  INSTANCE;

  @Override
  public Task start(String title, long total, String unit) {
    return this;
  }

  @Override
  public void note(String line) {}

  @Override
  public void advance(long n) {}

  @Override
  public void skip(long n) {}

  @Override
  public void stat(String name, double value) {}

  @Override
  public void close() {}
}
