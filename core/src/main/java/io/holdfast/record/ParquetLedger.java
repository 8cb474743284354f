package io.holdfast.record;

import io.holdfast.common.FileFailures;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * A finished ledger: {@code ledger.parquet}, written and read by an embedded DuckDB in one thread
 * and bounded memory. Equal rows give equal bytes. The provenance stands in the file's key-value
 * metadata under {@code holdfast_provenance}.
 */
final class ParquetLedger {
  private static final String MEMORY = "512MB";
  private static final int PAGE = 1 << 16;
  private static final String KEY = "holdfast_provenance";

  /** Name and type of each column, in the order of {@link Attempt}'s components. */
  private static final List<String> COLUMNS =
      List.of(
          "sample_id BIGINT NOT NULL",
          "label INTEGER NOT NULL",
          "\"group\" INTEGER NOT NULL",
          "attempt VARCHAR NOT NULL",
          "kind VARCHAR NOT NULL",
          "threat VARCHAR NOT NULL",
          "epsilon DOUBLE NOT NULL",
          "seed BIGINT NOT NULL",
          "outcome VARCHAR NOT NULL",
          "prediction INTEGER NOT NULL",
          "confidence FLOAT",
          "true_confidence FLOAT",
          "l0 DOUBLE",
          "l1 DOUBLE",
          "l2 DOUBLE",
          "linf DOUBLE",
          "ssim DOUBLE",
          "queries BIGINT NOT NULL",
          "gradients BIGINT NOT NULL");

  private static final String NAMES =
      COLUMNS.stream().map(c -> c.substring(0, c.indexOf(' '))).collect(Collectors.joining(", "));

  /** As {@link Attempt#compareTo}. */
  private static final String ORDER =
      "list_position([" + kinds() + "], kind), attempt, threat, epsilon, seed, sample_id";

  private ParquetLedger() {}

  /**
   * Writes rows, sorted.
   *
   * @param file must not exist; not atomic
   * @param work an existing folder for what does not fit into memory
   * @throws HoldfastException if it cannot be written; what was written of it is deleted
   */
  static void write(Iterable<Attempt> rows, Provenance provenance, Path file, Path work) {
    try (Connection connection = connect(work)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE ledger (" + String.join(", ", COLUMNS) + ")");
        insert(connection.unwrap(DuckDBConnection.class), rows);
        statement.execute(
            "COPY (SELECT * FROM ledger ORDER BY "
                + ORDER
                + ") TO "
                + quote(file.toString())
                + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE "
                + PAGE
                + ", KV_METADATA {"
                + KEY
                + ": "
                + quote(Json.canonical(provenance))
                + "})");
      }
    } catch (SQLException e) {
      throw FileFailures.writing(file, new IOException(firstLine(e), e));
    }
  }

  private static void insert(DuckDBConnection connection, Iterable<Attempt> rows)
      throws SQLException {
    try (DuckDBAppender out = connection.createAppender("main", "ledger")) {
      for (Attempt row : rows) {
        out.beginRow();
        out.append(row.sampleId()).append(row.label()).append(row.group());
        out.append(row.attempt()).append(row.kind().key()).append(row.threat());
        out.append(row.epsilon()).append(row.seed()).append(row.outcome().key());
        out.append(row.prediction());
        append(out, row.confidence());
        append(out, row.trueConfidence());
        append(out, row.l0());
        append(out, row.l1());
        append(out, row.l2());
        append(out, row.linf());
        append(out, row.ssim());
        out.append(row.queries()).append(row.gradients());
        out.endRow();
      }
    }
  }

  private static void append(DuckDBAppender out, float value) throws SQLException {
    if (Float.isNaN(value)) {
      out.appendNull();
    } else {
      out.append(value);
    }
  }

  private static void append(DuckDBAppender out, double value) throws SQLException {
    if (Double.isNaN(value)) {
      out.appendNull();
    } else {
      out.append(value);
    }
  }

  /**
   * The provenance of a ledger.
   *
   * @throws InvalidInputException if the file is no ledger
   */
  static Provenance provenance(Path file) {
    String sql =
        "SELECT decode(value) FROM parquet_kv_metadata("
            + quote(literal(file))
            + ") WHERE decode(key) = "
            + quote(KEY);
    return query(
        file,
        sql,
        found -> {
          if (!found.next()) {
            throw new InvalidInputException(
                file.toString(), "", "a ledger", "Parquet without " + KEY);
          }
          return Json.parse(found.getString(1), file.toString(), Provenance.class);
        });
  }

  /** All rows, sorted; each iteration holds one page of them at a time. */
  static Iterable<Attempt> rows(Path file) {
    return () -> stream(file).iterator();
  }

  private static Stream<Attempt> stream(Path file) {
    return Stream.iterate(0L, from -> from + PAGE)
        .map(from -> page(file, from))
        .takeWhile(page -> !page.isEmpty())
        .flatMap(List::stream);
  }

  private static List<Attempt> page(Path file, long from) {
    String sql =
        "SELECT "
            + NAMES
            + " FROM read_parquet("
            + quote(literal(file))
            + ", file_row_number = true, hive_partitioning = false) WHERE file_row_number >= "
            + from
            + " AND file_row_number < "
            + (from + PAGE)
            + " ORDER BY file_row_number";
    return query(
        file,
        sql,
        found -> {
          List<Attempt> rows = new ArrayList<>();
          while (found.next()) {
            rows.add(row(found));
          }
          return rows;
        });
  }

  private interface Reader<T> {
    T read(ResultSet found) throws SQLException;
  }

  private static <T> T query(Path file, String sql, Reader<T> reader) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file.toString(), "", "a ledger", Files.exists(file) ? "no file" : "no such file");
    }
    try (Connection connection = connect(null);
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      return reader.read(found);
    } catch (SQLException | IllegalArgumentException e) {
      throw new InvalidInputException(file.toString(), "", "a ledger in Parquet", firstLine(e));
    }
  }

  private static Attempt row(ResultSet in) throws SQLException {
    int column = 1;
    long sampleId = in.getLong(column++);
    int label = in.getInt(column++);
    int group = in.getInt(column++);
    String attempt = in.getString(column++);
    Kind kind = Kind.valueOf(in.getString(column++).toUpperCase(Locale.ROOT));
    Attempt.Builder row = Attempt.of(kind, attempt, sampleId, label).group(group);
    row.threat(in.getString(column++), in.getDouble(column++)).seed(in.getLong(column++));
    Outcome outcome = Outcome.valueOf(in.getString(column++).toUpperCase(Locale.ROOT));
    row.predicted(in.getInt(column++), (float) number(in, column++), (float) number(in, column++));
    row.outcome(outcome);
    row.distances(
        number(in, column++), number(in, column++), number(in, column++), number(in, column++));
    row.ssim(number(in, column++));
    return row.queries(in.getLong(column++)).gradients(in.getLong(column)).build();
  }

  private static double number(ResultSet in, int column) throws SQLException {
    double value = in.getDouble(column);
    return in.wasNull() ? Double.NaN : value;
  }

  private static Connection connect(@Nullable Path work) throws SQLException {
    Properties settings = new Properties();
    settings.setProperty("threads", "1");
    settings.setProperty("memory_limit", MEMORY);
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    settings.setProperty(
        "temp_directory", work == null ? "" : work.resolve(Ledger.SPILL).toString());
    return DriverManager.getConnection("jdbc:duckdb:", settings);
  }

  private static String kinds() {
    return Stream.of(Kind.values()).map(k -> quote(k.key())).collect(Collectors.joining(", "));
  }

  /** Of a path that is read, where brackets, stars and question marks would be a pattern. */
  private static String literal(Path file) {
    return file.toString().replaceAll("[\\[*?]", "[$0]");
  }

  private static String quote(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static String firstLine(Exception e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
