package io.holdfast.record;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What a ledger on disk says.
 *
 * @param provenance where the rows come from
 * @param rows read anew from disk at each iteration
 */
public record LedgerContent(Provenance provenance, Iterable<Attempt> rows) {
  static final String PARQUET = "ledger.parquet";
  static final String SEGMENTS = "ledger.d";

  static LedgerContent read(Path path) {
    if (Files.isRegularFile(path)) {
      return new LedgerContent(ParquetLedger.provenance(path), ParquetLedger.rows(path));
    }
    boolean isSegments = String.valueOf(path.getFileName()).equals(SEGMENTS);
    Path segments = isSegments ? path : path.resolve(SEGMENTS);
    Path parquet = segments.resolveSibling(PARQUET);
    Optional<Provenance> provenance = provenance(parquet, segments);
    return new LedgerContent(
        provenance.orElseThrow(
            () ->
                new InvalidInputException(
                    path.toString(), "", "a ledger (" + PARQUET + " or " + SEGMENTS + ")", "none")),
        rows(parquet, segments));
  }

  static Optional<Provenance> provenance(Path parquet, Path segments) {
    return Files.exists(parquet)
        ? Optional.of(ParquetLedger.provenance(parquet))
        : Segments.provenance(segments);
  }

  /** The rows of both; a run killed while finishing has left some in both. */
  static Iterable<Attempt> rows(Path parquet, Path segments) {
    if (!Files.exists(parquet)) {
      return Segments.rows(segments);
    }
    if (Segments.list(segments).isEmpty()) {
      return ParquetLedger.rows(parquet);
    }
    return () -> {
      RowIndex seen = new RowIndex();
      return Stream.concat(
              StreamSupport.stream(ParquetLedger.rows(parquet).spliterator(), false),
              Segments.stream(segments))
          .filter(seen::add)
          .iterator();
    };
  }
}
