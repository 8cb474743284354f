package io.holdfast.data.image;

import io.holdfast.common.Hashes;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.SamplePlace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** Images as 8-bit pixels on the heap: a quarter of the size of floats. */
public final class InMemoryImages {
  private InMemoryImages() {}

  /**
   * A data set over an array that must not change afterwards.
   *
   * @param info shape {@code [C, H, W]} and classes
   * @param pixels {@code [N, C, H, W]}, unsigned bytes; read as value/255
   * @param labels {@code [N]}, each an index into the classes
   * @throws io.holdfast.common.InvalidInputException if the counts disagree or a label has no class
   */
  public static Dataset of(DatasetInfo info, byte[] pixels, int[] labels) {
    int[] own = labels.clone();
    IntFunction<SamplePlace> places = i -> SamplePlace.of(info.name(), "labels", i);
    Labels.check(info.name(), own, info.classCount(), places, LabelUse.TASK);
    PixelArray array =
        new PixelArray(
            info.name(),
            Bytes.of(pixels),
            ElementType.UINT8,
            Layout.NCHW,
            own.length,
            info.shape());
    return new ArrayDataset(info, array, own, places, stopper -> hash(info, pixels, own));
  }

  /**
   * Hash of a line with name-independent facts, then labels (32-bit little endian), then pixels.
   */
  private static String hash(DatasetInfo info, byte[] pixels, int[] labels) {
    MessageDigest digest = Hashes.sha256();
    List<Object> facts = List.of("images", info.shape(), info.classes(), labels.length);
    digest.update((facts + "\n").getBytes(StandardCharsets.UTF_8));
    ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES * labels.length);
    buffer.order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(labels).forEach(buffer::putInt);
    digest.update(buffer.flip());
    digest.update(pixels);
    return Hashes.hex(digest);
  }
}
