package io.holdfast.data.image;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.SampleForm;
import io.holdfast.data.SamplePlace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a label and pixels, plain or .gz, comma, semicolon or tab. Unless the scale is told, or
 * that of samples that these go with is known, integers are value/255; if any pixel has a decimal
 * point, or none is above 1, all are floats in [0, 1]. The file is read once, row by row, into a
 * compact array (in memory, or a temporary file if large).
 */
final class CsvReader {
  private static final int MOST_COLUMNS = 1 << 22;
  private static final int MOST_PROBLEMS = 5;
  private static final List<String> LABEL_NAMES = List.of("label", "class", "target", "y");

  private final Path path;
  private final ReadOptions options;
  private final @Nullable Scale known;

  private CsvReader(Path path, ReadOptions options) {
    this.path = path;
    this.options = options;
    SampleForm form = options.form();
    known = options.scale() != null || form == null ? options.scale() : form.scale();
  }

  static Dataset read(Path path, String title, ReadOptions options) {
    return new CsvReader(path, options).read(title);
  }

  /** Thrown to start again with floats. */
  private static final class FloatsFoundException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  private Dataset read(String title) {
    try {
      if (known == Scale.UNIT) {
        return load(title, Scale.UNIT);
      }
      try {
        return load(title, Scale.BYTE);
      } catch (FloatsFoundException e) {
        return load(title, Scale.UNIT);
      }
    } catch (IOException e) {
      throw Gzip.failure(path, e);
    }
  }

  private Dataset load(String title, Scale scale) throws IOException {
    try (CsvLines lines = new CsvLines(path.toString(), Gzip.open(path), MOST_COLUMNS)) {
      if (!lines.next()) {
        throw new InvalidInputException(
            path.toString(), "", "rows of a label and pixels", "nothing");
      }
      boolean header = options.header() != null ? options.header() : isHeader(lines);
      int labelAt = labelColumn(lines, header);
      int named = lines.columns();
      if (header && !lines.next()) {
        throw new InvalidInputException(path.toString(), "", "rows below the header", "none");
      }
      if (lines.columns() != named) {
        throw lines.refuse(named + " columns, as the header has", lines.columns() + "");
      }
      List<Integer> sample = shape(lines.columns() - 1);
      Rows rows = new Rows(path.toString(), lines, labelAt, scale, known == null);
      Bytes pixels = Bytes.drain(rows, Long.MAX_VALUE);
      boolean black = scale == Scale.BYTE && rows.most <= 1;
      if (black && known == null) {
        throw new FloatsFoundException();
      }
      int[] labels = Labels.wanted(rows.labels(), options.use());
      List<String> classes = Labels.classes(options.classes(), labels);
      int[] numbers = rows.numbers();
      IntFunction<SamplePlace> places =
          i -> new SamplePlace(path + ":" + numbers[i], "column " + labelAt);
      Labels.check(path.toString(), labels, classes.size(), places, options.use());
      PixelArray array =
          new PixelArray(path.toString(), pixels, type(scale), Layout.NCHW, labels.length, sample);
      DatasetInfo info = new DatasetInfo(title, sample, classes, "");
      return new ArrayDataset(info, array, labels, places, stopper -> hash(black, stopper), scale);
    }
  }

  /** Values that are read otherwise than the file alone would be are other values. */
  private String hash(boolean black, Stopper stopper) {
    String file = SourceHash.of(List.of(path), stopper);
    return black ? Hashes.sha256Hex("bytes\n" + file) : file;
  }

  private static ElementType type(Scale scale) {
    return scale == Scale.BYTE ? ElementType.UINT8 : ElementType.FLOAT32;
  }

  /** A line of names: one of a row of numbers that has a field which is none is a damaged row. */
  private static boolean isHeader(CsvLines first) {
    boolean named =
        first.texts().stream().anyMatch(n -> LABEL_NAMES.contains(n.toLowerCase(Locale.ROOT)));
    return named || 2 * first.numbers() < first.columns();
  }

  private int labelColumn(CsvLines lines, boolean header) {
    List<String> names =
        header ? lines.texts().stream().map(n -> n.toLowerCase(Locale.ROOT)).toList() : List.of();
    String stated = options.labelColumn();
    if (stated == null) {
      return LABEL_NAMES.stream()
          .mapToInt(names::indexOf)
          .filter(i -> i >= 0)
          .findFirst()
          .orElse(0);
    }
    int named = names.indexOf(stated.toLowerCase(Locale.ROOT));
    if (named >= 0) {
      return named;
    }
    if (stated.matches("[0-9]{1,7}") && Integer.parseInt(stated) < lines.columns()) {
      return Integer.parseInt(stated);
    }
    String found = header ? String.join(", ", names.stream().limit(10).toList()) : "no header";
    throw new InvalidInputException(
        path.toString(),
        "label_column",
        "a column named " + stated + ", or a position from 0 to " + (lines.columns() - 1),
        found);
  }

  private List<Integer> shape(int pixels) {
    List<Integer> stated = options.shape();
    SampleForm form = options.form();
    if (stated == null
        && form != null
        && PixelArray.sampleValues(path.toString(), form.shape()) == pixels) {
      return form.shape();
    }
    int side = (int) Math.round(Math.sqrt(pixels));
    if (stated == null && pixels > 0 && side * side == pixels) {
      return List.of(1, side, side);
    }
    if (stated == null) {
      String hint =
          "say shape: [channels, height, width] in the data section, or FILE[shape=[C,H,W]]; of a"
              + " table, ["
              + pixels
              + ", 1, 1]";
      throw new InvalidInputException(
          path.toString(), "shape", "a square number of pixels", pixels + " in each row", hint);
    }
    List<Integer> sample = stated.size() == 2 ? List.of(1, stated.get(0), stated.get(1)) : stated;
    if (PixelArray.sampleValues(path.toString(), sample) != pixels) {
      throw new InvalidInputException(
          path.toString(),
          "shape",
          "a shape of " + pixels + " pixels, as the rows have",
          sample + "");
    }
    return sample;
  }

  /** The pixels of all rows as bytes; collects labels on the way. */
  private static final class Rows extends InputStream {
    private final CsvLines lines;
    private final int labelAt;
    private final Scale scale;
    private final boolean guessed;
    private final int columns;
    private final ByteBuffer row;
    private int[] labels = new int[1024];
    private int[] numbers = new int[1024]; // of the lines
    private int count;
    private double most;
    private final Problems bad;

    /**
     * @param lines at the first row
     * @param guessed whether another scale may be tried
     */
    Rows(String source, CsvLines lines, int labelAt, Scale scale, boolean guessed)
        throws IOException {
      this.lines = lines;
      this.labelAt = labelAt;
      this.scale = scale;
      this.guessed = guessed;
      this.columns = lines.columns();
      int width = type(scale).width();
      this.row = ByteBuffer.allocate((columns - 1) * width).order(ByteOrder.LITTLE_ENDIAN);
      this.bad = new Problems(source);
      convert();
    }

    int[] labels() {
      return Arrays.copyOf(labels, count);
    }

    int[] numbers() {
      return Arrays.copyOf(numbers, count);
    }

    /** Takes the line; a bad one is noted, up to a number, and leaves no row. */
    private void convert() throws IOException {
      int before = count;
      row.clear();
      try {
        take();
        row.flip();
      } catch (InvalidInputException e) {
        count = before;
        row.limit(0);
        note(e.problems().get(0));
      }
    }

    private void note(Problem row) {
      boolean last = bad.list().size() == MOST_PROBLEMS - 1;
      String more = "rows after this one were not looked at";
      bad.add(
          last ? new Problem(row.source(), row.field(), row.expected(), row.found(), more) : row);
      if (last) {
        bad.throwIfAny();
      }
    }

    private void take() throws IOException {
      if (lines.columns() != columns) {
        throw lines.refuse(columns + " columns, as the row before", lines.columns() + "");
      }
      for (int column = 0; column < columns; column++) {
        double value = lines.number(column);
        if (column == labelAt) {
          addLabel(value);
        } else {
          addPixel(column, value);
        }
      }
    }

    private void addLabel(double value) {
      if (!(value >= 0 && value < Labels.MOST_CLASSES && value == Math.rint(value))) {
        throw lines.refuse(
            "a class number from 0 in column " + labelAt + " (names are told by `classes`)",
            lines.text(labelAt));
      }
      if (count == labels.length) {
        labels = Arrays.copyOf(labels, 2 * count);
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count] = lines.number();
      labels[count++] = (int) value;
    }

    private void addPixel(int column, double value) throws IOException {
      boolean bytes = scale == Scale.BYTE;
      boolean fraction = bytes && Double.isFinite(value) && !lines.isWhole(column);
      if (fraction && guessed) {
        throw new FloatsFoundException();
      }
      if (fraction || !(value >= 0 && value <= (bytes ? 255 : 1))) {
        throw lines.refuse(expected() + " in column " + column, lines.text(column));
      }
      most = Math.max(most, value);
      if (bytes) {
        row.put((byte) value);
      } else {
        row.putFloat((float) value);
      }
    }

    private String expected() {
      String pixel = scale == Scale.BYTE ? "a pixel from 0 to 255" : "a pixel from 0 to 1";
      if (!guessed) {
        return pixel + ", by `scale` or as in the samples that these go with,";
      }
      return scale == Scale.BYTE ? pixel : pixel + ", as others are fractions";
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      while (!row.hasRemaining()) {
        if (!lines.next()) {
          bad.throwIfAny();
          return -1;
        }
        convert();
      }
      int n = Math.min(length, row.remaining());
      row.get(into, offset, n);
      return n;
    }
  }
}
