package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lines of a table of numbers, one at a time; blank lines are skipped, quotes around fields too.
 */
final class CsvLines implements AutoCloseable {
  private static final int LONGEST_LINE = 1 << 26;
  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final String source;
  private final InputStream in;
  private final int mostColumns;
  private final byte[] buffer = new byte[1 << 16];
  private int bufferAt;
  private int bufferEnd;
  private byte[] line = new byte[1 << 12];
  private int length;
  private int[] ends = new int[1024];
  private int columns;
  private int number;
  private byte separator;

  CsvLines(String source, InputStream in, int mostColumns) {
    this.source = source;
    this.in = in;
    this.mostColumns = mostColumns;
  }

  /** Moves to the next line that is not blank; false at the end. */
  boolean next() throws IOException {
    do {
      if (!readLine()) {
        return false;
      }
    } while (length == 0);
    if (separator == 0) {
      separator = findSeparator();
    }
    split();
    return true;
  }

  private boolean readLine() throws IOException {
    length = 0;
    number++;
    boolean any = false;
    if (number == 1) {
      skipMark();
    }
    while (true) {
      if (bufferAt == bufferEnd) {
        bufferEnd = Math.max(0, in.read(buffer));
        bufferAt = 0;
        if (bufferEnd == 0) {
          trim();
          return any;
        }
      }
      any = true;
      byte b = buffer[bufferAt++];
      if (b == '\n') {
        trim();
        return true;
      }
      if (length == line.length) {
        if (length >= LONGEST_LINE) {
          throw refuse("lines of at most " + LONGEST_LINE + " bytes", "a longer one");
        }
        line = Arrays.copyOf(line, 2 * length);
      }
      line[length++] = b;
    }
  }

  /** The byte-order mark that spreadsheets put before UTF-8. */
  private void skipMark() throws IOException {
    bufferEnd = Math.max(0, in.readNBytes(buffer, 0, MARK.length));
    bufferAt = Arrays.equals(buffer, 0, bufferEnd, MARK, 0, MARK.length) ? bufferEnd : 0;
  }

  private void trim() {
    while (length > 0 && isBlank(line[length - 1])) {
      length--;
    }
  }

  /** Bytes of letters beyond ASCII are negative. */
  private static boolean isBlank(byte b) {
    return b >= 0 && b <= ' ' && b != '\t';
  }

  private byte findSeparator() {
    for (byte candidate : new byte[] {',', ';', '\t'}) {
      for (int i = 0; i < length; i++) {
        if (line[i] == candidate) {
          return candidate;
        }
      }
    }
    return ',';
  }

  private void split() {
    columns = 0;
    for (int i = 0; i <= length; i++) {
      if (i == length || line[i] == separator) {
        if (columns == ends.length) {
          if (columns >= mostColumns) {
            throw refuse("at most " + mostColumns + " columns", "more");
          }
          ends = Arrays.copyOf(ends, 2 * columns);
        }
        ends[columns++] = i;
      }
    }
  }

  /** The line's number in the file, from 1. */
  int number() {
    return number;
  }

  int columns() {
    return columns;
  }

  String text(int column) {
    int from = start(column);
    String text = new String(line, from, ends[column] - from, StandardCharsets.UTF_8).strip();
    boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
    return quoted ? text.substring(1, text.length() - 1) : text;
  }

  List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      texts.add(text(i));
    }
    return texts;
  }

  /** How many fields look like numbers. */
  long numbers() {
    return texts().stream()
        .filter(text -> text.matches("[-+0-9.eE]+|(?i)[-+]?nan|(?i)[-+]?inf"))
        .count();
  }

  /** Whether a number is written without a point or exponent. */
  boolean isWhole(int column) {
    for (int i = start(column); i < ends[column]; i++) {
      if (line[i] == '.' || line[i] == 'e' || line[i] == 'E') {
        return false;
      }
    }
    return true;
  }

  /** The number in a column; NaN where it says so. */
  double number(int column) {
    int from = start(column);
    int digits = ends[column] - from;
    int value = 0;
    for (int i = from; i < ends[column]; i++) {
      int digit = line[i] - '0';
      if (digit < 0 || digit > 9 || digits > 9) {
        return slowNumber(column);
      }
      value = 10 * value + digit;
    }
    return digits == 0 ? slowNumber(column) : value;
  }

  private double slowNumber(int column) {
    String text = text(column);
    if (text.equalsIgnoreCase("nan")) {
      return Double.NaN;
    }
    try {
      if (text.matches("[-+0-9.eE]+")) {
        return Double.parseDouble(text);
      }
    } catch (NumberFormatException e) {
      throw refuse("a number in column " + column, '"' + text + '"');
    }
    throw refuse(
        "a number in column " + column, text.isEmpty() ? "nothing" : '"' + shown(text) + '"');
  }

  private static String shown(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "...";
  }

  private int start(int column) {
    return column == 0 ? 0 : ends[column - 1] + 1;
  }

  /** A problem of this line. */
  InvalidInputException refuse(String expected, String found) {
    return new InvalidInputException(source + ":" + number, "", expected, found);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
