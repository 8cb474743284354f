package io.holdfast.data.image;

import io.holdfast.common.InvalidInputException;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.SamplePlace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * IDX, the format of MNIST: a file of images and one of labels, plain (mapped) or .gz (unpacked
 * into memory, or a temporary file if large). Magic {@code 0 0 type rank}, sizes as 32-bit big
 * endian, then the values; only unsigned bytes (type 8) are images here.
 */
final class IdxReader {
  private static final int UBYTE = 0x08;

  private IdxReader() {}

  /** The values of one file and their dimensions. */
  private record IdxArray(List<Integer> axes, Bytes values) {}

  static Dataset read(IdxFiles files, ReadOptions options) {
    String source = files.images().toString();
    IdxArray images = load(files.images(), 3, 4);
    int[] labels = Labels.wanted(labels(files.labels()), options.use());
    int count = images.axes().get(0);
    if (count != labels.length) {
      String hint = "the labels come from " + files.labels();
      throw new InvalidInputException(
          source, "", "as many images as labels, " + labels.length, Integer.toString(count), hint);
    }
    Layout layout = Axes.layout(source, "images", images.axes(), options.layout());
    List<Integer> sample = layout.sample(images.axes());
    PixelArray pixels =
        new PixelArray(source, images.values(), ElementType.UINT8, layout, count, sample);
    List<String> classes = Labels.classes(options.classes(), labels);
    String labelFile = files.labels().toString();
    IntFunction<SamplePlace> places = i -> SamplePlace.of(labelFile, "labels", i);
    Labels.check(labelFile, labels, classes.size(), places, options.use());
    DatasetInfo info = new DatasetInfo(files.name(), sample, classes, "");
    return new ArrayDataset(
        info,
        pixels,
        labels,
        places,
        stopper -> SourceHash.of(List.of(files.images(), files.labels()), stopper));
  }

  private static int[] labels(Path file) {
    IdxArray array = load(file, 1, 1);
    byte[] raw = array.values().copy(0, array.axes().get(0));
    int[] labels = new int[raw.length];
    for (int i = 0; i < raw.length; i++) {
      labels[i] = raw[i] & 0xff;
    }
    return labels;
  }

  private static IdxArray load(Path file, int leastRank, int mostRank) {
    if (!Gzip.is(file)) {
      Bytes all = Bytes.map(file);
      int headBytes = (int) Math.min(all.size(), 4 + 4L * mostRank);
      Head head = Head.parse(file, all.copy(0, headBytes), leastRank, mostRank);
      return head.array(file, all.slice(head.bytes(), all.size() - head.bytes()));
    }
    try (InputStream in = Gzip.open(file)) {
      byte[] start = in.readNBytes(4);
      int rank = start.length == 4 ? Math.min(start[3] & 0xff, mostRank) : 0;
      byte[] sizes = in.readNBytes(4 * rank);
      byte[] both = ByteBuffer.allocate(start.length + sizes.length).put(start).put(sizes).array();
      Head head = Head.parse(file, both, leastRank, mostRank);
      return head.array(file, Bytes.drain(in, head.values() + 1));
    } catch (IOException e) {
      throw Gzip.failure(file, e);
    }
  }

  /** What stands before the values. */
  private record Head(List<Integer> axes) {
    int bytes() {
      return 4 + 4 * axes.size();
    }

    /** Number of values, saturating. */
    long values() {
      long product = 1;
      for (int axis : axes) {
        product =
            axis == 0
                ? 0
                : product > Long.MAX_VALUE / 2 / axis ? Long.MAX_VALUE / 2 : product * axis;
      }
      return product;
    }

    IdxArray array(Path file, Bytes values) {
      if (values.size() != values()) {
        boolean less = values.size() < values();
        throw new InvalidInputException(
            file.toString(),
            "",
            values() + " values as its header " + axes + " says",
            less ? "only " + values.size() : "more",
            less ? "the file is truncated; fetch it again" : "the file is damaged");
      }
      return new IdxArray(axes, values);
    }

    static Head parse(Path file, byte[] start, int leastRank, int mostRank) {
      if (start.length < 4 || start[0] != 0 || start[1] != 0) {
        throw magic(file, start);
      }
      int rank = start[3] & 0xff;
      if (start[2] != UBYTE || rank < leastRank || rank > mostRank) {
        throw magic(file, start);
      }
      if (start.length < 4 + 4 * rank) {
        throw new InvalidInputException(
            file.toString(), "", "a whole IDX header", start.length + " bytes", "it is truncated");
      }
      List<Integer> axes = new ArrayList<>();
      ByteBuffer sizes = ByteBuffer.wrap(start, 4, 4 * rank);
      for (int i = 0; i < rank; i++) {
        int size = sizes.getInt();
        if (size < 0) {
          throw new InvalidInputException(
              file.toString(), "", "sizes below 2^31", Integer.toUnsignedString(size));
        }
        axes.add(size);
      }
      return new Head(List.copyOf(axes));
    }

    private static InvalidInputException magic(Path file, byte[] start) {
      StringBuilder found = new StringBuilder();
      for (int i = 0; i < Math.min(4, start.length); i++) {
        found.append(String.format("%02x ", start[i]));
      }
      return new InvalidInputException(
          file.toString(),
          "",
          "an IDX file of bytes (magic 00 00 08 03 for images, 00 00 08 01 for labels)",
          start.length == 0 ? "an empty file" : "it starts with " + found.toString().strip());
    }
  }
}
