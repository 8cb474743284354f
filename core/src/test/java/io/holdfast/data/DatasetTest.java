package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.image.InMemoryImages;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DatasetTest {
  private static Dataset images(int... labels) {
    byte[] pixels = new byte[labels.length * 4];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i * 7);
    }
    int classes = Arrays.stream(labels).max().orElse(0) + 1;
    List<String> names = IntStream.range(0, classes).mapToObj(i -> "class " + i).toList();
    return InMemoryImages.of(
        new DatasetInfo("tiny", List.of(1, 2, 2), names, "CC0-1.0"), pixels, labels);
  }

  private static Dataset sized(int... countsByClass) {
    return images(
        IntStream.range(0, countsByClass.length)
            .flatMap(c -> IntStream.generate(() -> c).limit(countsByClass[c]))
            .toArray());
  }

  private static Set<Long> ids(Dataset data) {
    Set<Long> ids = new HashSet<>();
    for (int i = 0; i < data.size(); i++) {
      ids.add(data.id(i));
    }
    return ids;
  }

  @Test
  void lookingForBrokenSamplesEndsBetweenSamplesWhenAsked() {
    Dataset many = sized(1500, 1500);
    Stopper stopper = Stopper.manual();
    AtomicInteger reads = new AtomicInteger();
    Dataset stopping =
        new ForwardingDataset(many) {
          @Override
          public void read(int index, float[] into, int offset) {
            if (reads.incrementAndGet() == 5) {
              stopper.request();
            }
            super.read(index, into, offset);
          }
        };
    LongAdder told = new LongAdder();
    assertThatThrownBy(() -> Datasets.requireReadable(stopping, 0, stopper, told::add))
        .isInstanceOf(RunInterruptedException.class);
    assertThat(reads.get()).isBetween(5, 2999);
    Datasets.requireReadable(many, 1, Stopper.manual(), told::add);
    assertThat(told.sum()).isBetween(3000L, 5999L);
  }

  @Test
  void noMoreThreadsReadAheadThanThereAreWorkers() {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    Dataset watched =
        new ForwardingDataset(sized(500, 500)) {
          @Override
          public void read(int index, float[] into, int offset) {
            threads.add(Thread.currentThread().getName());
            super.read(index, into, offset);
          }
        };
    Datasets.requireReadable(watched, 1, Stopper.manual(), n -> {});
    assertThat(threads).hasSize(1);
  }

  @Test
  void bytesReadAsFractionsOf255() {
    float[] pixels = images(0, 1, 0).read(2, 0);
    assertThat(pixels).hasSize(8);
    assertThat(pixels[0]).isEqualTo(8 * 7 / 255f);
    assertThat(pixels[4]).isZero();
    assertThat(pixels[7]).isEqualTo(21 / 255f);
  }

  @Test
  void subsetsKeepIdsThroughNesting() {
    Dataset inner = images(0, 1, 0, 1, 1).subset(4, 2, 0).subset(2, 0);
    assertThat(inner.size()).isEqualTo(2);
    assertThat(inner.id(0)).isZero();
    assertThat(inner.id(1)).isEqualTo(4);
    assertThat(inner.label(1)).isEqualTo(1);
    assertThat(inner.read(1)).isEqualTo(images(0, 1, 0, 1, 1).read(4));
  }

  @Test
  void aSubsetRefusesWhatIsNotThere() {
    Dataset data = images(0, 1);
    assertThatThrownBy(() -> data.subset(2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> data.subset()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void hashesTellContentApartAndNothingElse() {
    Dataset data = images(0, 1, 1);
    assertThat(data.contentHash()).hasSize(64).isEqualTo(images(0, 1, 1).contentHash());
    assertThat(data.contentHash()).isNotEqualTo(images(0, 1, 0).contentHash());
    assertThat(data.first(2).contentHash())
        .isEqualTo(data.subset(0, 1).contentHash())
        .isNotEqualTo(data.subset(1, 0).contentHash())
        .isNotEqualTo(data.contentHash());
    assertThat(data.first(3)).isSameAs(data);
  }

  @Test
  void splitIsStratifiedDisjointAndComplete() {
    Dataset data = sized(100, 40, 60);
    List<Dataset> parts = data.split(new Seed(7), 0.75, 0.25);
    assertThat(parts.get(0).classCounts()).containsExactly(75, 30, 45);
    assertThat(parts.get(1).classCounts()).containsExactly(25, 10, 15);
    Set<Long> both = ids(parts.get(0));
    both.addAll(ids(parts.get(1)));
    assertThat(both).hasSize(200);
  }

  @Test
  void splitFollowsTheSeedAlone() {
    Dataset data = sized(50, 50);
    Dataset first = data.split(new Seed(7), 0.95, 0.05).get(1);
    assertThat(ids(first)).isEqualTo(ids(data.split(new Seed(7), 0.95, 0.05).get(1)));
    assertThat(ids(first)).isNotEqualTo(ids(data.split(new Seed(8), 0.95, 0.05).get(1)));
    assertThat(first.size()).isEqualTo(5);
  }

  /** Frozen: a changed split would silently move validation samples into training. */
  @Test
  void splitNeverChangesBetweenVersions() {
    Dataset held = sized(10, 10).split(new Seed(7), 0.8, 0.2).get(1);
    assertThat(ids(held)).containsExactlyInAnyOrder(0L, 5L, 12L, 13L);
  }

  @Property(tries = 200, seed = "2026")
  void everyPartIsWithinOneOfItsShare(
      @ForAll @IntRange(min = 20, max = 60) int a,
      @ForAll @IntRange(min = 1, max = 60) int b,
      @ForAll @IntRange(min = 1, max = 60) int c,
      @ForAll @DoubleRange(min = 0.1, max = 0.9) double fraction,
      @ForAll long seed) {
    Dataset data = sized(a, b, c);
    List<Dataset> parts = data.split(new Seed(seed), fraction, 1 - fraction);
    int[] counts = parts.get(0).classCounts();
    int[] all = data.classCounts();
    for (int k = 0; k < all.length; k++) {
      assertThat(Math.abs(counts[k] - fraction * all[k])).isLessThan(1 + 1e-6);
    }
    assertThat(Math.abs(parts.get(0).size() - fraction * data.size())).isLessThan(0.5 + 1e-6);
    assertThat(parts.get(0).size() + parts.get(1).size()).isEqualTo(data.size());
  }

  @Test
  void splitRefusesBadFractionsTogether() {
    Dataset data = sized(4, 4);
    assertThatThrownBy(() -> data.split(new Seed(1), 0.9, -0.2, Double.NaN))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("-0.2")
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> data.split(new Seed(1), 0.9, 0.2)).hasMessageContaining("at most 1");
    assertThatThrownBy(() -> data.split(new Seed(1), 0.01)).hasMessageContaining("each part");
  }

  @Test
  void labelsAreChecked() {
    DatasetInfo info = new DatasetInfo("bad", List.of(1, 1, 1), List.of("a", "b"), "");
    assertThatThrownBy(() -> InMemoryImages.of(info, new byte[3], new int[] {0, 2, -1}))
        .hasMessageContaining("labels[1]")
        .hasMessageContaining("labels[2]");
    assertThatThrownBy(() -> InMemoryImages.of(info, new byte[2], new int[] {1, 1}))
        .hasMessageContaining("only class 1");
    assertThatThrownBy(() -> InMemoryImages.of(info, new byte[0], new int[0]))
        .hasMessageContaining("at least one sample");
    assertThatThrownBy(() -> InMemoryImages.of(info, new byte[1], new int[] {0, 1}))
        .hasMessageContaining("truncated");
  }

  @Test
  void unknownEmbeddedDataNamesTheModule() {
    assertThatThrownBy(() -> Datasets.open("embedded:nothing/train"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("holdfast-datasets");
  }
}
