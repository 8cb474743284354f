package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/scoring.md} says anyone can recompute, recomputed from Parquet by SQL. */
class ScoringRuleTest {
  private static final String PGD = "pgd[steps=50,restarts=5]";

  @Test
  void theScorecardCanBeRecomputedBySql(@TempDir Path folder) throws SQLException {
    Scorecard card;
    try (Ledger ledger = Ledger.open(folder, Rows.PROVENANCE)) {
      ledger.append(Rows.evaluation(new Seed(21).generator(), 400, 4));
      ledger.finish();
      card = Scorecard.of(ledger.rows(), ScorecardTest.CONTEXT);
    }
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement sql = connection.createStatement()) {
      String file = folder.resolve("ledger.parquet").toString();
      sql.execute("CREATE VIEW ledger AS SELECT * FROM '" + file + "'");
      Rate robust = Objects.requireNonNull(card.robustAccuracy());
      assertSql(
          sql,
          "SELECT avg(CAST(outcome = 'correct' AS INT)) FROM ledger WHERE kind = 'clean'",
          card.cleanAccuracy().value());
      assertSql(
          sql,
          "SELECT avg(CAST(held AS INT)) FROM (SELECT bool_and(outcome = 'held') AS held FROM ledger"
              + " WHERE kind = 'verdict' GROUP BY sample_id)",
          robust.value());
      double z = 1.959963984540054;
      assertSql(
          sql,
          ("WITH w AS (SELECT %1$s AS p, %2$d AS n, %3$s AS z) SELECT (p + z*z/(2*n) - z *"
                  + " sqrt(p*(1-p)/n + z*z/(4*n*n))) / (1 + z*z/n) FROM w")
              .formatted(robust.value(), robust.n(), z),
          robust.ci95().get(0));
      AttackScore pgd = Objects.requireNonNull(card.attacks().get(PGD));
      String ofPgd = " FROM ledger WHERE kind = 'verdict' AND attempt = '" + PGD + "'";
      assertSql(
          sql, "SELECT avg(CAST(outcome = 'held' AS INT))" + ofPgd, pgd.robustAccuracy().value());
      assertSql(
          sql,
          "SELECT avg(CAST(outcome = 'fell' AS INT))" + ofPgd + " AND outcome <> 'skipped_wrong'",
          Objects.requireNonNull(pgd.successRate()).value());
      Summary linf = Objects.requireNonNull(pgd.distance().get("linf"));
      assertSql(sql, "SELECT avg(linf)" + ofPgd + " AND outcome = 'fell'", linf.mean());
      assertSql(sql, "SELECT median(linf)" + ofPgd + " AND outcome = 'fell'", linf.median());
      Summary ssim = Objects.requireNonNull(pgd.ssim());
      assertSql(sql, "SELECT avg(ssim)" + ofPgd + " AND outcome = 'fell'", ssim.mean());
      assertSql(sql, "SELECT sum(queries)" + ofPgd, (double) pgd.queries());
      assertSql(sql, "SELECT sum(gradients)" + ofPgd, (double) pgd.gradients());
      Summary queries = Objects.requireNonNull(pgd.queriesToSuccess());
      assertSql(sql, "SELECT median(queries)" + ofPgd + " AND outcome = 'fell'", queries.median());
      assertSql(
          sql, ece("SELECT * FROM ledger WHERE kind = 'clean'"), ece(card.calibration().clean()));
      assertSql(
          sql,
          ece(
              "SELECT * FROM ledger WHERE kind = 'verdict' QUALIFY row_number() OVER (PARTITION BY"
                  + " sample_id ORDER BY outcome <> 'fell', true_confidence, attempt) = 1"),
          ece(card.calibration().attacked()));
      CurvePoint point = card.curve().get(1);
      assertSql(
          sql,
          "SELECT avg(CAST(outcome = 'held' AS INT)) FROM ledger WHERE kind = 'curve' AND epsilon = "
              + point.epsilon(),
          point.robustAccuracy().value());
      CertificateScore crown = Objects.requireNonNull(card.certificates().get("crown"));
      assertSql(
          sql,
          "SELECT avg(CAST(outcome = 'certified' AND epsilon >= 0.1 AS INT)) FROM ledger WHERE kind ="
              + " 'certificate'",
          crown.certifiedAccuracy().value());
    }
  }

  private static String ece(String predictions) {
    return "WITH b AS (SELECT greatest(ceil(CAST(confidence AS DOUBLE) * 15), 1) AS bin, count(*) AS"
        + " n, avg(CAST(confidence AS DOUBLE)) AS c, avg(CAST(prediction = label AS INT)) AS a FROM ("
        + predictions
        + ") GROUP BY bin) SELECT sum(n * abs(a - c)) / sum(n) FROM b";
  }

  private static double ece(@Nullable Calibration calibration) {
    return Objects.requireNonNull(calibration).ece();
  }

  private static void assertSql(Statement sql, String query, double expected) throws SQLException {
    try (ResultSet found = sql.executeQuery(query)) {
      assertThat(found.next()).isTrue();
      assertThat(found.getDouble(1)).as(query).isCloseTo(expected, within(1e-9));
      assertThat(found.wasNull()).as(query).isFalse();
    }
  }

  private static final byte[] JSON =
      Scorecard.of(Rows.evaluation(new Seed(5).generator(), 30, 3), ScorecardTest.CONTEXT)
          .toJson()
          .getBytes(StandardCharsets.UTF_8);

  @Property(tries = 2000, seed = "2026")
  void aDamagedScorecardIsRefusedOrStillOne(@ForAll long seed) {
    byte[] mutated = Mutations.of(JSON, new Seed(seed).generator());
    try {
      Scorecard card =
          Scorecard.fromJson(new String(mutated, StandardCharsets.UTF_8), "scorecard.json");
      assertThat(Scorecard.fromJson(card.toJson(), "again")).isEqualTo(card);
    } catch (InvalidInputException e) {
      assertThat(e).hasMessageContaining("scorecard.json");
    }
  }
}
