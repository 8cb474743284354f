package io.holdfast.bench;

import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A ledger of 20,000 rows: durable appends in chunks of 256, the Parquet file, reading it back. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
public class LedgerBenchmark {
  private static final int ROWS = 20_000;
  private static final int CHUNK = 256;

  private final Provenance provenance =
      Provenance.of("2.10.0", new Seed(1), Map.of(), Settings.of(Map.of("bench", "ledger")));
  private final List<List<Attempt>> chunks = new ArrayList<>();
  private Path work = Path.of("");
  private Path written = Path.of("");

  /** Makes the rows, and a finished ledger of them to read. */
  @Setup(Level.Trial)
  public void prepare() throws IOException {
    for (int from = 0; from < ROWS; from += CHUNK) {
      List<Attempt> rows = new ArrayList<>();
      for (int i = from; i < Math.min(ROWS, from + CHUNK); i++) {
        rows.add(
            Attempt.of(Kind.VERDICT, "pgd[steps=50,restarts=5]", i, i % 10)
                .threat("linf:0.1", 0.1)
                .seed(7)
                .predicted(i % 7, 0.5f, 0.25f)
                .outcome(i % 10 == i % 7 ? Outcome.HELD : Outcome.FELL)
                .distances(700, 40 + i % 9, 2 + i % 5, 0.1)
                .queries(250)
                .gradients(250)
                .build());
      }
      chunks.add(rows);
    }
    work = Files.createTempDirectory("holdfast-ledger-");
    written = work.resolve("written");
    write(written);
  }

  private void write(Path folder) {
    try (Ledger ledger = Ledger.create(folder, provenance)) {
      chunks.forEach(ledger::append);
      ledger.finish();
    }
  }

  /** All appends, and the Parquet file at the end. */
  @Benchmark
  public void write() {
    write(work.resolve("run"));
  }

  /** All rows. */
  @Benchmark
  public long read() {
    long queries = 0;
    for (Attempt row : Ledger.read(written).rows()) {
      queries += row.queries();
    }
    return queries;
  }

  /** Deletes the files. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(work)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
