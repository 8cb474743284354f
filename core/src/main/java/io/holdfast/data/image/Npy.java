package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * NumPy's array format, versions 1 to 3 (NEP 1): magic {@code \x93NUMPY}, version, length of the
 * header, a Python dictionary, then the values. Only C order and little endian are read.
 *
 * @param bytes before the values
 */
record Npy(ElementType type, List<Integer> axes, int bytes) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int LONGEST_HEADER = 1 << 16;
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\)");

  /** Reads the header and leaves the stream at the first value. */
  static Npy parse(String source, String name, InputStream in) throws IOException {
    byte[] start = in.readNBytes(8);
    for (int i = 0; i < MAGIC.length; i++) {
      if (start.length < 8 || start[i] != MAGIC[i]) {
        throw new InvalidInputException(
            source,
            name,
            "a NumPy array (\\x93NUMPY)",
            start.length < 8 ? "too few bytes" : "other bytes");
      }
    }
    int version = start[6];
    if (version < 1 || version > 3) {
      throw new InvalidInputException(source, name, "NumPy format 1 to 3", "format " + version);
    }
    byte[] lengthBytes = in.readNBytes(version == 1 ? 2 : 4);
    long length = 0;
    for (int i = lengthBytes.length - 1; i >= 0; i--) {
      length = length << 8 | (lengthBytes[i] & 0xff);
    }
    if (length > LONGEST_HEADER) {
      throw new InvalidInputException(
          source, name, "a header of at most " + LONGEST_HEADER + " bytes", length + " bytes");
    }
    byte[] header = in.readNBytes((int) length);
    if (header.length < length || length == 0) {
      throw new InvalidInputException(source, name, "a whole header", "a truncated one");
    }
    String text = new String(header, StandardCharsets.UTF_8);
    return parse(source, name, text, start.length + lengthBytes.length + header.length);
  }

  private static Npy parse(String source, String name, String header, int bytes) {
    String order = find(ORDER, header);
    if ("True".equals(order)) {
      throw new InvalidInputException(
          source,
          name,
          "values in C order",
          "Fortran order",
          "save numpy.ascontiguousarray(array) instead");
    }
    String shape = find(SHAPE, header);
    String descr = find(DESCR, header);
    if (order == null || shape == null || descr == null) {
      String expected = "a header with descr (a plain type), fortran_order and shape";
      throw new InvalidInputException(source, name, expected, shown(header));
    }
    List<Integer> axes = new ArrayList<>();
    for (String part : shape.split(",", -1)) {
      String digits = part.strip().replace("L", "");
      if (!digits.isEmpty()) {
        long size = digits.length() > 18 || !digits.matches("[0-9]+") ? -1 : Long.parseLong(digits);
        axes.add(NumberArray.axis(source, name, size));
      }
    }
    return new Npy(type(source, name, descr), List.copyOf(axes), bytes);
  }

  private static String shown(String header) {
    String text = header.strip();
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }

  private static @Nullable String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1) : null;
  }

  private static ElementType type(String source, String name, String descr) {
    return switch (descr) {
      case "|u1", "<u1" -> ElementType.UINT8;
      case "|i1", "<i1" -> ElementType.INT8;
      case "<u2" -> ElementType.UINT16;
      case "<i2" -> ElementType.INT16;
      case "<u4" -> ElementType.UINT32;
      case "<i4" -> ElementType.INT32;
      case "<u8" -> ElementType.UINT64;
      case "<i8" -> ElementType.INT64;
      case "<f2" -> ElementType.FLOAT16;
      case "<f4" -> ElementType.FLOAT32;
      case "<f8" -> ElementType.FLOAT64;
      default ->
          throw new InvalidInputException(
              source,
              name,
              "little-endian integers, float16, float32 or float64",
              "type " + descr,
              "convert it with array.astype(\"uint8\") or array.astype(\"<f4\")");
    };
  }
}
