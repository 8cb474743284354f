package io.holdfast.common;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Progress on a console. On a terminal one line is overwritten in place, written whole each time
 * and padded over what stood there, so that nothing flickers; elsewhere lines are added.
 */
final class ConsoleProgress implements Progress {
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long LINE_NANOS = 10_000_000_000L;
  private static final long SOONEST_LINE_NANOS = 2_000_000_000L;
  private static final double LINE_SHARE = 0.1;
  private static final int DEFAULT_WIDTH = 80;
  private static final int DEFAULT_HEIGHT = 24;
  private static final int BAR = 20;
  private static final String GREEN = "\u001b[32m";
  private static final String PLAIN = "\u001b[0m";

  private static final String ERASE_LINE = "\u001b[K";
  private static final String ERASE_BELOW = "\u001b[J";

  /**
   * What the stream leads to.
   *
   * @param width columns of the terminal
   * @param height lines of the terminal
   */
  record Style(boolean terminal, boolean colour, int width, int height) {
    Style(boolean terminal, boolean colour, int width) {
      this(terminal, colour, width, DEFAULT_HEIGHT);
    }
  }

  private final PrintStream out;
  private final Style style;
  private final LongSupplier nanos;
  private final List<ConsoleTask> open = new ArrayList<>();
  private List<String> pinned = List.of();
  private int pinnedShown; // lines above that of the bar
  private int shown;

  ConsoleProgress(PrintStream out, Style style, LongSupplier nanos) {
    this.out = out;
    this.style = style;
    this.nanos = nanos;
  }

  static ConsoleProgress of(PrintStream out, Map<String, String> environment) {
    boolean terminal = isTerminal(out, environment) && !"dumb".equals(environment.get("TERM"));
    boolean colour = environment.getOrDefault("NO_COLOR", "").isEmpty();
    return new ConsoleProgress(
        out,
        new Style(
            terminal,
            colour,
            size(environment.getOrDefault("COLUMNS", ""), 20, DEFAULT_WIDTH),
            size(environment.getOrDefault("LINES", ""), 5, DEFAULT_HEIGHT)),
        System::nanoTime);
  }

  @Override
  public synchronized Task start(String title, long total, String unit) {
    ConsoleTask task = new ConsoleTask(title, total, unit, nanos.getAsLong());
    open.add(task);
    task.show();
    return task;
  }

  @Override
  public synchronized void note(String line) {
    finishLine(line);
    if (!open.isEmpty() && style.terminal) {
      open.get(open.size() - 1).draw();
    }
  }

  @Override
  public synchronized void pin(List<String> lines) {
    if (!style.terminal) {
      return;
    }
    out.print("\r" + ERASE_LINE);
    erasePinned();
    int most = style.height - 2; // the bar's line, and one for what was typed
    pinned = lines.stream().limit(most).map(this::clip).toList();
    printPinned();
    if (!open.isEmpty()) {
      open.get(open.size() - 1).draw();
    }
    out.flush();
  }

  private void erasePinned() {
    if (pinnedShown > 0) {
      out.print("\r\u001b[" + pinnedShown + "A" + ERASE_BELOW);
      pinnedShown = 0;
    }
    shown = 0;
  }

  private void printPinned() {
    pinned.forEach(line -> out.print(line + System.lineSeparator()));
    pinnedShown = pinned.size();
  }

  /** Prints a line that stays, in place of the bar and above what is pinned. */
  private void finishLine(String line) {
    if (pinnedShown > 0) {
      erasePinned();
    }
    out.print(overwriting(line) + System.lineSeparator());
    shown = 0;
    printPinned();
    out.flush();
  }

  private String clip(String line) {
    return line.length() < style.width
        ? line
        : line.substring(0, style.width - 1); // the last column would wrap
  }

  private String overwriting(String line) {
    return style.terminal ? "\r" + line + " ".repeat(Math.max(0, shown - line.length())) : line;
  }

  private static int size(String text, int least, int usual) {
    boolean usable = text.matches("[0-9]{1,4}") && Integer.parseInt(text) >= least;
    return usable ? Integer.parseInt(text) : usual;
  }

  private static boolean isTerminal(PrintStream out, Map<String, String> environment) {
    if (out != System.out && out != System.err) {
      return false;
    }
    Path descriptor = Path.of("/proc/self/fd/" + (out == System.out ? 1 : 2));
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException e) {
      return "1".equals(environment.get("HOLDFAST_TERMINAL")); // no /proc, as on macOS
    }
  }

  /** One task; guarded by the console's lock, so that tasks do not write into each other's line. */
  private final class ConsoleTask implements Task {
    private final String title;
    private final long total;
    private final String unit;
    private final long started;
    private final Map<String, Double> stats = new LinkedHashMap<>();
    private long done;
    private long skipped;
    private long lastShown;
    private double lastShare;
    private boolean closed;

    ConsoleTask(String title, long total, String unit, long started) {
      this.title = title;
      this.total = total;
      this.unit = unit;
      this.started = started;
      this.lastShown = started;
    }

    @Override
    public void advance(long n) {
      synchronized (ConsoleProgress.this) {
        done += n;
        if (!closed && open.get(open.size() - 1) == this && isDue()) {
          show();
        }
      }
    }

    @Override
    public void skip(long n) {
      synchronized (ConsoleProgress.this) {
        skipped += n;
        done += n;
      }
    }

    @Override
    public void stat(String name, double value) {
      synchronized (ConsoleProgress.this) {
        stats.put(name, value);
      }
    }

    @Override
    public void close() {
      synchronized (ConsoleProgress.this) {
        if (closed) {
          return;
        }
        closed = true;
        open.remove(this);
        String count =
            total > 0 && done < total
                ? Format.count(done) + " of " + Format.count(total)
                : Format.count(done);
        finishLine(
            title
                + ": "
                + count
                + " "
                + unit
                + " in "
                + Format.seconds(seconds())
                + speed()
                + statsText());
        if (style.terminal && !open.isEmpty()) {
          open.get(open.size() - 1).draw();
        }
      }
    }

    private boolean isDue() {
      long since = nanos.getAsLong() - lastShown;
      if (style.terminal) {
        return since >= REDRAW_NANOS;
      }
      return since >= LINE_NANOS
          || (since >= SOONEST_LINE_NANOS && share() - lastShare >= LINE_SHARE);
    }

    private void show() {
      lastShown = nanos.getAsLong();
      lastShare = share();
      if (style.terminal) {
        draw();
      } else if (done > skipped) {
        finishLine(title + ": " + state());
      }
    }

    private void draw() {
      String head = title + " " + (total > 0 ? bar() + " " : "");
      String line = clip(head + state());
      String text = overwriting(line);
      shown = line.length();
      out.print(style.colour && total > 0 ? coloured(text) : text);
      out.flush();
    }

    private String bar() {
      int filled = (int) Math.round(share() * BAR);
      return "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "]";
    }

    private String coloured(String text) {
      int from = text.indexOf('#', title.length());
      int to = text.lastIndexOf("#.") + 1;
      int end = to > from ? to : text.indexOf(']', Math.max(from, 0));
      return from < 0 || end < from
          ? text
          : text.substring(0, from)
              + GREEN
              + text.substring(from, end)
              + PLAIN
              + text.substring(end);
    }

    private String state() {
      String count =
          total > 0
              ? Format.percent(share()) + ", " + Format.count(done) + "/" + Format.count(total)
              : Format.count(done);
      return count + " " + unit + speed() + remaining() + statsText();
    }

    private String remaining() {
      boolean known = total > 0 && done > skipped && done < total;
      return known
          ? ", " + Format.seconds(seconds() * (total - done) / (done - skipped)) + " to go"
          : "";
    }

    private String speed() {
      double seconds = seconds();
      return done > skipped && seconds > 0
          ? ", " + Format.number((done - skipped) / seconds) + " " + unit + "/s"
          : "";
    }

    private String statsText() {
      return stats.entrySet().stream()
          .map(e -> ", " + e.getKey() + " " + Format.number(e.getValue()))
          .collect(Collectors.joining());
    }

    private double share() {
      return total > 0 ? Math.min(1.0, (double) done / total) : 0;
    }

    private double seconds() {
      return (nanos.getAsLong() - started) / 1e9;
    }
  }
}
