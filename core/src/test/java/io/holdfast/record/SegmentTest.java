package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SegmentTest {
  private static final Path FILE = Path.of("segment-00001.hfl");

  /**
   * The rows of one evaluation, the bytes of a segment with them, where each block begins, and how
   * many rows before.
   */
  private static final class Sample {
    private final List<Attempt> rows;
    private final byte[] bytes;
    private final List<Integer> offsets;
    private final List<Integer> before;

    Sample(List<Attempt> rows, byte[] bytes, List<Integer> offsets, List<Integer> before) {
      this.rows = rows;
      this.bytes = bytes;
      this.offsets = offsets;
      this.before = before;
    }

    static Sample of(long seed, int samples, int perBlock) {
      List<Attempt> rows = Rows.evaluation(new Seed(seed).generator(), samples, 4);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      append(out, SegmentFormat.header());
      append(out, SegmentFormat.provenanceBlock(Json.canonical(Rows.PROVENANCE)));
      List<Integer> offsets = new ArrayList<>();
      List<Integer> before = new ArrayList<>();
      for (int from = 0; from < rows.size(); from += perBlock) {
        offsets.add(out.size());
        before.add(from);
        int to = Math.min(rows.size(), from + perBlock);
        append(out, SegmentFormat.rowsBlock(rows.subList(from, to)));
      }
      offsets.add(out.size());
      before.add(rows.size());
      return new Sample(rows, out.toByteArray(), offsets, before);
    }

    private static void append(ByteArrayOutputStream out, ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      out.writeBytes(copy);
    }
  }

  private static List<Attempt> read(byte[] bytes) {
    List<Attempt> rows = new ArrayList<>();
    for (SegmentFormat.Block block : SegmentFormat.scan(bytes, FILE, true).blocks()) {
      if (!block.isProvenance()) {
        rows.addAll(SegmentFormat.rows(block, FILE));
      }
    }
    return rows;
  }

  @Property(tries = 30, seed = "2026")
  void roundTrip(@ForAll long seed) {
    Sample sample = Sample.of(seed, 5, 6);
    assertThat(read(sample.bytes)).isEqualTo(sample.rows);
  }

  /** The bytes of version 1 may never change. */
  @Test
  void bytesAreStable() {
    Attempt row =
        Attempt.of(Kind.VERDICT, "pgd[steps=5]", 42, 3)
            .group(1)
            .threat("linf:0.1", 0.1)
            .seed(7)
            .outcome(Outcome.FELL)
            .predicted(4, 0.75f, 0.125f)
            .distances(12, 1.5, 0.5, 0.1)
            .queries(6)
            .gradients(5)
            .build();
    ByteBuffer block = SegmentFormat.rowsBlock(List.of(row));
    byte[] bytes = new byte[block.remaining()];
    block.get(bytes);
    assertThat(bytes).hasSize(SegmentFormat.HEADER + 5 + 106 + 12 + 8);
    assertThat(Hashes.sha256Hex(bytes))
        .isEqualTo("7a43c61acc35eb1dbb065dbf17a1bcabdfe92c253b2c192c131498050b3f6ed1");
  }

  @Test
  void cutAtAnyByteEverythingWholeIsKept() {
    Sample sample = Sample.of(9, 6, 4);
    for (int end = 0; end < sample.bytes.length; end++) {
      List<Attempt> rows = read(Arrays.copyOf(sample.bytes, end));
      assertThat(rows).isEqualTo(sample.rows.subList(0, wholeRows(sample, end)));
    }
  }

  /** As after a power failure: the file has its size, but not all of its pages. */
  @Test
  void aTailOfZerosIsTorn() {
    Sample sample = Sample.of(10, 6, 4);
    for (int end = 0; end < sample.bytes.length; end += 3) {
      byte[] torn = sample.bytes.clone();
      Arrays.fill(torn, end, torn.length, (byte) 0);
      if (end == 0 || end >= SegmentFormat.HEADER) {
        int whole = wholeRows(sample, lastNonZero(torn, sample.bytes));
        assertThat(read(torn)).isEqualTo(sample.rows.subList(0, whole));
      }
    }
  }

  /** The first byte that differs, or the length. */
  private static int lastNonZero(byte[] torn, byte[] whole) {
    int differs = Arrays.mismatch(torn, whole);
    return differs < 0 ? whole.length : differs;
  }

  private static int wholeRows(Sample sample, int end) {
    int rows = 0;
    for (int i = 0; i < sample.offsets.size(); i++) {
      rows = sample.offsets.get(i) <= end ? sample.before.get(i) : rows;
    }
    return rows;
  }

  @Test
  void damageBeforeAnIntactBlockIsReportedWithItsOffset() {
    Sample sample = Sample.of(11, 6, 4);
    int from = sample.offsets.get(2);
    for (int at = from; at < sample.offsets.get(3); at++) {
      byte[] damaged = sample.bytes.clone();
      damaged[at] ^= 0x10;
      assertThatThrownBy(() -> read(damaged))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(FILE.toString())
          .hasMessageContaining("offset " + from);
    }
  }

  @Test
  void aTornSegmentThatIsNotTheLastIsDamaged() {
    Sample sample = Sample.of(12, 3, 4);
    for (int cut : new int[] {1, 20, sample.bytes.length - 3}) {
      byte[] bytes = Arrays.copyOf(sample.bytes, sample.bytes.length - cut);
      assertThatThrownBy(() -> SegmentFormat.scan(bytes, FILE, false))
          .isInstanceOf(InvalidInputException.class);
    }
    assertThatThrownBy(() -> SegmentFormat.scan(new byte[3], FILE, false))
        .isInstanceOf(InvalidInputException.class);
  }

  /** Whatever happens to the bytes, rows are the first of those written, or one clear message. */
  @Property(tries = 2000, seed = "2026")
  void mutations(@ForAll long seed) {
    RandomGenerator random = new Seed(seed).generator();
    Sample sample = Sample.of(13, 4, 5);
    byte[] mutated = Mutations.of(sample.bytes, random);
    try {
      List<Attempt> rows = read(mutated);
      int n = Math.min(rows.size(), sample.rows.size());
      assertThat(rows).isEqualTo(sample.rows.subList(0, n));
    } catch (InvalidInputException e) {
      assertThat(e).hasMessageContaining(FILE.toString());
    }
  }

  /** With right checksums, as from a program with an error, there are still no other failures. */
  @Property(tries = 2000, seed = "2026")
  void mutationsBehindTheChecksum(@ForAll long seed) {
    RandomGenerator random = new Seed(seed).generator();
    Sample sample = Sample.of(14, 2, 4);
    SegmentFormat.Block block = SegmentFormat.scan(sample.bytes, FILE, true).blocks().get(1);
    byte[] content = new byte[block.content().remaining()];
    block.content().duplicate().get(content);
    ByteBuffer mutated = ByteBuffer.wrap(Mutations.of(content, random));
    try {
      List<Attempt> rows =
          SegmentFormat.rows(new SegmentFormat.Block(16, block.type(), mutated), FILE);
      assertThat(rows.size()).isLessThanOrEqualTo(mutated.capacity());
    } catch (InvalidInputException e) {
      assertThat(e).hasMessageContaining("offset 16");
    }
  }
}
