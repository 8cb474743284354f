package io.holdfast.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Standard output, as UTF-8, that remembers whether all of it could be written: a result that was
 * lost is no success. A reader that has seen enough, as {@code head} has, gets no message.
 */
final class Output {
  private final PrintWriter writer;
  private final Watched watched;

  Output(OutputStream out) {
    watched = new Watched(out);
    writer = new PrintWriter(watched, true, StandardCharsets.UTF_8);
  }

  PrintWriter writer() {
    return writer;
  }

  /** The exit code once everything is written, which is said where it could not be. */
  int settled(int code, PrintStream err) {
    writer.flush();
    IOException failure = watched.failure;
    if (failure == null) {
      return code;
    }
    String reason = String.valueOf(failure.getMessage());
    if (!reason.toLowerCase(Locale.ROOT).contains("pipe")) {
      err.println("standard output: the result could not be written: " + reason);
    }
    return code == Exit.DONE ? Exit.FAILED : code;
  }

  /** Keeps the first failure, which a {@link PrintWriter} does not tell. */
  private static final class Watched extends FilterOutputStream {
    private @Nullable IOException failure;

    Watched(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        throw kept(e);
      }
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException e) {
        throw kept(e);
      }
    }

    private IOException kept(IOException e) {
      failure = failure == null ? e : failure;
      return e;
    }
  }
}
