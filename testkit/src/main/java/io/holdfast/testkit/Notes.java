package io.holdfast.testkit;

import io.holdfast.common.Progress;
import java.util.function.Consumer;

/**
 * Progress that hands on what is noted and shows nothing else.
 *
 * @param to gets each line, on the thread that notes it
 */
public record Notes(Consumer<String> to) implements Progress {
  @Override
  public Task start(String title, long total, String unit) {
    return n -> {};
  }

  @Override
  public void note(String line) {
    to.accept(line);
  }
}
