package io.holdfast.data.image;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.SamplePlace;
import io.holdfast.data.image.ImageFit.Colour;
import io.holdfast.data.image.ImageFit.Size;
import io.holdfast.data.image.ImageHeader.BadImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Image files of a folder or zip, decoded when read. Memory holds the names, and decoded pixels up
 * to a fixed share of the heap, first come first kept: with samples drawn uniformly no policy of
 * replacement does better, and none costs less.
 *
 * <p>Samples are in the order of their ids, which are hashes, so that the first ones are drawn from
 * all classes and not from the first folder alone.
 */
final class FolderImages implements Dataset {
  private static final int HEADER_BYTES = 1 << 16;
  private static final long CACHE_SHARE = 5;
  private static final int SHOWN = 5;
  private static final String FORMATS = "a PNG or JPEG image";

  private final String source;
  private final FileStore store;
  private final ClassFolders files;
  private final ImageFit fit;
  private final DatasetInfo info;
  private final long[] ids;
  private final int[] order;
  private final AtomicReferenceArray<byte @Nullable []> cache;
  private final AtomicLong cacheLeft =
      new AtomicLong(Runtime.getRuntime().maxMemory() / CACHE_SHARE);
  private final HashOnce hash = new HashOnce(this::computeHash);

  /**
   * Lists the images and, where their size or colours are not stated, reads all headers.
   *
   * @param source folder or archive in messages
   */
  FolderImages(String source, String name, FileStore store, ReadOptions options) {
    this.source = source;
    this.store = store;
    this.files = ClassFolders.of(source, store.names(), options);
    this.fit = options.fit();
    int[] labels = files.labels().stream().mapToInt(Integer::intValue).toArray();
    IntFunction<SamplePlace> places = i -> new SamplePlace(source, files.paths().get(i));
    Labels.check(source, labels, files.classes().size(), places, options.use());
    long[] inFiles = ids(options.use());
    this.order =
        IntStream.range(0, inFiles.length)
            .boxed()
            .sorted(Comparator.comparingLong(i -> inFiles[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    this.ids = IntStream.of(order).mapToLong(i -> inFiles[i]).toArray();
    this.info = new DatasetInfo(name, shape(), files.classes(), "");
    this.cache = new AtomicReferenceArray<>(labels.length);
  }

  /** Where folders mean nothing, files of one name may lie in several. */
  private long[] ids(LabelUse use) {
    long[] all = new long[files.paths().size()];
    for (int i = 0; i < all.length; i++) {
      String named = use == LabelUse.NONE ? files.paths().get(i) : files.shortPath(i);
      byte[] path = named.getBytes(StandardCharsets.UTF_8);
      all[i] = ByteBuffer.wrap(Hashes.sha256().digest(path)).getLong() & Long.MAX_VALUE;
    }
    if (Arrays.stream(all).distinct().count() != all.length) {
      throw new InvalidInputException(source, "", "paths with different ids", "two of the same id");
    }
    return all;
  }

  private List<Integer> shape() {
    Size size = fit.crop() != null ? fit.crop() : fit.resize();
    Colour colour = fit.colour();
    if (size == null || colour == Colour.AUTO) {
      List<ImageHeader> headers = headers();
      size = size == null ? commonSize(headers) : size;
      boolean grey = headers.stream().allMatch(h -> h.channels() == 1);
      colour = colour == Colour.AUTO ? (grey ? Colour.GREY : Colour.RGB) : colour;
    }
    return List.of(colour == Colour.GREY ? 1 : 3, size.height(), size.width());
  }

  /** Of all images, in the order of their paths; every one that has none is named. */
  private List<ImageHeader> headers() {
    ImageHeader[] headers = new ImageHeader[ids.length];
    Map<Integer, InvalidInputException> failures = new ConcurrentSkipListMap<>();
    IntStream.range(0, ids.length)
        .parallel()
        .forEach(
            i -> {
              try {
                headers[i] = header(i);
              } catch (InvalidInputException e) {
                failures.put(i, e);
              }
            });
    Problems problems = new Problems(source);
    failures.values().stream().limit(SHOWN).forEach(problems::addAll);
    if (failures.size() > SHOWN) {
      String more = (failures.size() - SHOWN) + " more that are none";
      problems.add("", FORMATS + " in each file", more);
    }
    problems.throwIfAny();
    return List.of(headers);
  }

  private Size commonSize(List<ImageHeader> headers) {
    Size first = new Size(headers.get(0).height(), headers.get(0).width());
    Problems problems = new Problems(source);
    int others = 0;
    for (int i = 0; i < headers.size(); i++) {
      Size size = new Size(headers.get(i).height(), headers.get(i).width());
      if (!size.equals(first) && others++ < SHOWN) {
        problems.add(
            files.paths().get(i),
            "images of one size, " + first + " as the first",
            size.toString(),
            "say resize: [" + first.height() + ", " + first.width() + "] in the data section");
      }
    }
    if (others > SHOWN) {
      problems.add("", "no other size", (others - SHOWN) + " more images of another size");
    }
    problems.throwIfAny();
    return first;
  }

  private ImageHeader header(int index) {
    try {
      return ImageHeader.parse(bytes(index, HEADER_BYTES));
    } catch (BadImageException e) {
      if (!e.endedEarly()) {
        throw refuse(index, e);
      }
    }
    try {
      return ImageHeader.parse(bytes(index, FileStore.MOST_BYTES));
    } catch (BadImageException e) {
      throw refuse(index, e);
    }
  }

  private byte[] bytes(int index, int limit) {
    try {
      return store.read(files.paths().get(index), limit);
    } catch (IOException e) {
      throw refuse(index, new BadImageException("an unreadable file (" + e.getMessage() + ")"));
    }
  }

  private InvalidInputException refuse(int index, BadImageException e) {
    String found = String.valueOf(e.getMessage());
    return new InvalidInputException(
        List.of(new Problem(source, files.paths().get(index), FORMATS, found)), e);
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public int size() {
    return ids.length;
  }

  @Override
  public long id(int index) {
    return ids[index];
  }

  @Override
  public int label(int index) {
    return files.labels().get(order[index]);
  }

  @Override
  public SamplePlace place(int index) {
    return new SamplePlace(source, files.paths().get(order[index]));
  }

  @Override
  public void read(int index, float[] into, int offset) {
    byte[] pixels = cache.get(index);
    if (pixels == null) {
      pixels = decode(order[index]);
      if (cacheLeft.addAndGet(-pixels.length) >= 0) {
        cache.set(index, pixels);
      } else {
        cacheLeft.addAndGet(pixels.length);
      }
    }
    for (int i = 0; i < pixels.length; i++) {
      into[offset + i] = PixelArray.unit(pixels[i]);
    }
  }

  private byte[] decode(int index) {
    try {
      RawImage image = ImageDecoder.decode(bytes(index, FileStore.MOST_BYTES));
      return fit.apply(image, info.shape()).pixels();
    } catch (BadImageException e) {
      throw refuse(index, e);
    }
  }

  /** Hash of the lines of {@code sha256sum} over {@code class/file}; a zip and its folder agree. */
  @Override
  public String contentHash(Stopper stopper) {
    return hash.get(stopper);
  }

  private String computeHash(Stopper stopper) {
    List<String> lines =
        IntStream.range(0, ids.length).parallel().mapToObj(i -> hashLine(i, stopper)).toList();
    MessageDigest all = Hashes.sha256();
    lines.forEach(line -> all.update(line.getBytes(StandardCharsets.UTF_8)));
    return Hashes.hex(all);
  }

  private String hashLine(int index, Stopper stopper) {
    stopper.check();
    return Hashes.sha256Hex(bytes(index, FileStore.MOST_BYTES))
        + "  "
        + files.shortPath(index)
        + "\n";
  }

  @Override
  public String toString() {
    return info.name() + " (" + ids.length + " images)";
  }
}
