package io.holdfast.record;

import io.holdfast.common.HoldfastException;
import io.holdfast.common.Seed;
import java.nio.file.Path;
import java.util.List;

/** A program that appends rows until it is killed or cannot, and says how many are on disk. */
final class LedgerWriterProcess {
  static final int SAMPLES = 4000;

  private LedgerWriterProcess() {}

  static List<Attempt> rows() {
    return Rows.evaluation(new Seed(99).generator(), SAMPLES, 4);
  }

  public static void main(String[] arguments) {
    List<Attempt> rows = rows();
    try (Ledger ledger = Ledger.open(Path.of(arguments[0]), Rows.PROVENANCE)) {
      int from = (int) ledger.size();
      System.out.println("open " + from);
      while (from < rows.size()) {
        int to = Math.min(rows.size(), from + 1 + from % 50);
        ledger.append(rows.subList(from, to));
        from = to;
        System.out.println("durable " + from);
      }
      ledger.finish();
      System.out.println("finished");
    } catch (HoldfastException e) {
      System.out.println("failed " + e.getMessage());
      System.exit(1);
    }
  }
}
