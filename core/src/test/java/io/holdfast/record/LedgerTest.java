package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {
  private final Path folder;

  LedgerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static List<Attempt> rows(long seed, int samples) {
    return Rows.evaluation(new Seed(seed).generator(), samples, 4);
  }

  private static List<Attempt> list(Iterable<Attempt> rows) {
    List<Attempt> list = new ArrayList<>();
    rows.forEach(list::add);
    return list;
  }

  private static List<Attempt> sorted(List<Attempt> rows) {
    return rows.stream().sorted().toList();
  }

  private static void write(Path folder, List<Attempt> rows, int perAppend) {
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      for (int from = 0; from < rows.size(); from += perAppend) {
        ledger.append(rows.subList(from, Math.min(rows.size(), from + perAppend)));
      }
    }
  }

  @Test
  void whatIsAppendedIsThereInOrderOfWritingAndSortedOnceFinished() {
    List<Attempt> rows = rows(1, 40);
    write(folder, rows, 17);
    assertThat(list(Ledger.read(folder).rows())).isEqualTo(rows);
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      assertThat(ledger.size()).isEqualTo(rows.size());
      ledger.finish();
      assertThat(list(ledger.rows())).isEqualTo(sorted(rows));
    }
    LedgerContent finished = Ledger.read(folder);
    assertThat(finished.provenance()).isEqualTo(Rows.PROVENANCE);
    assertThat(list(finished.rows())).isEqualTo(sorted(rows));
    assertThat(list(Ledger.read(folder.resolve("ledger.parquet")).rows())).hasSameSizeAs(rows);
    assertThat(folder).isDirectoryNotContaining("glob:**ledger.d");
  }

  @Test
  void equalRowsGiveEqualBytesWhateverTheirOrderAndTheRunsThatWroteThem() throws IOException {
    List<Attempt> rows = rows(2, 60);
    Path once = folder.resolve("once");
    Path resumed = folder.resolve("re[su]med's");
    try (Ledger ledger = Ledger.open(once, Rows.PROVENANCE)) {
      ledger.append(rows);
      ledger.finish();
    }
    Collections.shuffle(rows, new Random(2));
    write(resumed, rows.subList(0, 100), 7);
    write(resumed, rows.subList(0, 200), 9);
    try (Ledger ledger = Ledger.open(resumed, Rows.PROVENANCE)) {
      ledger.finish();
    }
    try (Ledger ledger = Ledger.open(resumed, Rows.PROVENANCE)) {
      assertThat(ledger.size()).isEqualTo(200);
      ledger.append(rows);
      ledger.finish();
    }
    assertThat(resumed.resolve("ledger.parquet"))
        .hasSameBinaryContentAs(once.resolve("ledger.parquet"));
  }

  @Test
  void ofWhatIsAppendedTogetherAKillLeavesAllOrNothing() throws IOException {
    List<Attempt> rows = rows(6, 600);
    assertThat(rows).hasSizeGreaterThan(1500);
    write(folder, rows.subList(0, 100), 100);
    write(folder, rows, rows.size());
    Path last = folder.resolve("ledger.d").resolve("segment-00002.hfl");
    try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
    }
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      assertThat(ledger.size()).isEqualTo(100);
    }
  }

  @Test
  void resumingFindsWhatIsThere() {
    List<Attempt> rows = rows(3, 10);
    write(folder, rows.subList(0, 30), 30);
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      for (int i = 0; i < rows.size(); i++) {
        Attempt row = rows.get(i);
        assertThat(ledger.contains(row.key(), row.sampleId())).isEqualTo(i < 30);
      }
      ledger.append(rows);
      assertThat(ledger.size()).isEqualTo(rows.size());
    }
    assertThat(list(Ledger.read(folder).rows())).isEqualTo(rows);
  }

  @Test
  void memoryAndDiskAgree() {
    List<Attempt> rows = rows(4, 20);
    try (Ledger memory = Ledger.inMemory(Rows.PROVENANCE);
        Ledger disk = Ledger.open(folder, Rows.PROVENANCE)) {
      memory.append(rows);
      memory.append(rows.subList(3, 9));
      disk.append(rows);
      disk.finish();
      assertThat(list(memory.rows())).isEqualTo(list(disk.rows()));
      assertThat(memory.size()).isEqualTo(disk.size());
    }
  }

  @Test
  void anotherRowOfTheSameAttemptIsRefused() {
    Attempt row = Attempt.clean(5, 1).predicted(1, 0.9f, 0.9f).build();
    Attempt other = Attempt.clean(5, 1).predicted(2, 0.9f, 0.1f).build();
    for (Ledger ledger :
        List.of(Ledger.inMemory(Rows.PROVENANCE), Ledger.open(folder, Rows.PROVENANCE))) {
      try (ledger) {
        ledger.append(List.of(row));
        assertThatThrownBy(() -> ledger.append(List.of(other)))
            .isInstanceOf(InvariantViolationException.class)
            .hasMessageContaining("sample 5");
      }
    }
  }

  @Test
  void twoWritersAreRefused() {
    try (Ledger first = Ledger.open(folder, Rows.PROVENANCE)) {
      assertThatThrownBy(() -> Ledger.open(folder, Rows.PROVENANCE))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("another run has open");
      first.append(rows(5, 1));
    }
    try (Ledger second = Ledger.open(folder, Rows.PROVENANCE)) {
      assertThat(second.size()).isEqualTo(8);
    }
  }

  @Test
  void anotherConfigurationIsRefusedButMayStartAfresh() {
    write(folder, rows(6, 2), 100);
    Provenance other =
        new Provenance("0.1.0", "2.10.0", "x", 8, Map.of("test", "ab12"), Map.of("name", "u"));
    assertThatThrownBy(() -> Ledger.open(folder, other))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("2 problems")
        .hasMessageContaining("seed: expected 8, found 7")
        .hasMessageContaining("name: expected \"u\", found \"t\"");
    try (Ledger ledger = Ledger.create(folder, other)) {
      assertThat(ledger.size()).isZero();
      ledger.append(rows(7, 1));
      ledger.finish();
    }
    try (Ledger ledger = Ledger.create(folder, other)) {
      assertThat(ledger.rows()).isEmpty();
    }
    assertThat(folder.resolve("ledger.parquet")).doesNotExist();
  }

  @Test
  void aRunKilledBetweenCompactionAndCleaningCountsNothingTwice() throws IOException {
    List<Attempt> rows = rows(8, 10);
    write(folder, rows, 10);
    Path kept = Files.createDirectory(folder.resolve("kept"));
    copy(folder.resolve("ledger.d"), kept);
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      ledger.finish();
    }
    Files.createDirectories(folder.resolve("ledger.d/spill"));
    copy(kept, folder.resolve("ledger.d"));
    assertThat(list(Ledger.read(folder).rows())).isEqualTo(sorted(rows));
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      assertThat(ledger.size()).isEqualTo(rows.size());
      ledger.finish();
    }
    assertThat(list(Ledger.read(folder).rows())).isEqualTo(sorted(rows));
    assertThat(folder.resolve("ledger.d")).doesNotExist();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  /** DuckDB would take the first for columns, and the second for a pattern. */
  @Test
  void namesOfFoldersMeanNothing() throws IOException {
    Path other = Files.createDirectories(folder.resolve("run1"));
    write(other, rows(9, 3), 3);
    try (Ledger ledger = Ledger.open(other, Rows.PROVENANCE)) {
      ledger.finish();
    }
    for (String name : List.of("epsilon=0.7/label=1/seed=99", "run[1]", "run?", "what*")) {
      List<Attempt> rows = rows(10, 6);
      Path place = Files.createDirectories(folder.resolve(name));
      write(place, rows, 6);
      try (Ledger ledger = Ledger.open(place, Rows.PROVENANCE)) {
        ledger.finish();
      }
      LedgerContent read = Ledger.read(place);
      assertThat(list(read.rows())).as(name).isEqualTo(sorted(rows));
      assertThat(read.provenance()).isEqualTo(Rows.PROVENANCE);
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsOneMessage() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> Ledger.open(file, Rows.PROVENANCE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(file.toString());
    assertThatThrownBy(() -> Ledger.open(file.resolve("below"), Rows.PROVENANCE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void whatIsNoLedgerIsSaidToBeNone() throws IOException {
    assertThatThrownBy(() -> Ledger.read(folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected a ledger");
    Path parquet = Files.writeString(folder.resolve("ledger.parquet"), "not Parquet");
    assertThatThrownBy(() -> Ledger.read(parquet))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(parquet.toString());
  }

  @Test
  void aLedgerOfSeveralPagesIsReadWhole() {
    List<Attempt> rows = new ArrayList<>();
    for (int i = 0; i < 140_000; i++) {
      rows.add(Attempt.clean(i, i % 10).predicted(3, 0.5f, 0.5f).build());
    }
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      ledger.append(rows);
      ledger.finish();
    }
    assertThat(list(Ledger.read(folder).rows())).isEqualTo(rows);
  }
}
