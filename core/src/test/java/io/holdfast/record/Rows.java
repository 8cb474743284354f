package io.holdfast.record;

import io.holdfast.common.Provenance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Ledger rows for tests: random, but a sound evaluation. */
final class Rows {
  static final String THREAT = "linf:0.1";
  static final List<String> ATTACKS = List.of("fgsm", "pgd[steps=50,restarts=5]", "square");
  static final Provenance PROVENANCE =
      new Provenance(
          "0.1.0", "2.10.0", "Linux amd64", 7, Map.of("test", "ab12"), Map.of("name", "t"));

  private final RandomGenerator random;
  private final int classes;

  Rows(RandomGenerator random, int classes) {
    this.random = random;
    this.classes = classes;
  }

  /** Clean rows, three attacks, a curve and a certificate for samples 0 to n - 1, shuffled. */
  static List<Attempt> evaluation(RandomGenerator random, int n, int classes) {
    Rows rows = new Rows(random, classes);
    List<Attempt> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.addAll(rows.sample(i * 31L));
    }
    for (int i = all.size() - 1; i > 0; i--) {
      all.set(i, all.set(random.nextInt(i + 1), all.get(i)));
    }
    return all;
  }

  private List<Attempt> sample(long id) {
    int label = random.nextInt(classes);
    boolean right = random.nextInt(10) > 0;
    Attempt clean =
        predicted(Attempt.clean(id, label), right ? label : other(label)).seed(7).build();
    List<Attempt> rows = new ArrayList<>(List.of(clean));
    boolean certified = right && random.nextInt(4) == 0;
    for (String attack : ATTACKS) {
      rows.add(attacked(Kind.VERDICT, attack, clean, 0.1, certified));
    }
    for (double epsilon : new double[] {0.025, 0.05, 0.2}) {
      rows.add(attacked(Kind.CURVE, "pgd[steps=10]", clean, epsilon, certified));
    }
    rows.add(
        predicted(Attempt.of(Kind.CERTIFICATE, "crown", id, label), clean.prediction())
            .threat(THREAT, certified ? 0.2 : 0)
            .outcome(certified ? Outcome.CERTIFIED : Outcome.ABSTAINED)
            .build());
    return rows;
  }

  private Attempt attacked(
      Kind kind, String attack, Attempt clean, double epsilon, boolean certified) {
    Attempt.Builder row =
        Attempt.of(kind, attack, clean.sampleId(), clean.label())
            .threat(THREAT, epsilon)
            .seed(7)
            .queries(1 + random.nextInt(100))
            .gradients(random.nextInt(50));
    if (!clean.right()) {
      return predicted(row, clean.prediction())
          .outcome(Outcome.SKIPPED_WRONG)
          .distances(0, 0, 0, 0)
          .build();
    }
    boolean fell = !certified && random.nextInt(3) == 0;
    double size = epsilon * random.nextDouble();
    return predicted(row, fell ? other(clean.label()) : clean.label())
        .outcome(fell ? Outcome.FELL : Outcome.HELD)
        .distances(random.nextInt(784), size * 400, size * 20, size)
        .ssim(random.nextInt(5) == 0 ? Double.NaN : random.nextDouble())
        .build();
  }

  private Attempt.Builder predicted(Attempt.Builder row, int prediction) {
    float confidence = (float) (0.5 + random.nextDouble() / 2);
    return row.predicted(prediction, confidence, random.nextFloat() / 2);
  }

  private int other(int label) {
    return (label + 1 + random.nextInt(classes - 1)) % classes;
  }
}
