package io.holdfast.attack.library;

import io.holdfast.common.Hashes;
import io.holdfast.common.Seed;
import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Examples of four values that no model has seen. */
final class Saved {
  static final LocalDate TODAY = LocalDate.parse("2026-06-01");
  static final ThreatModel THREAT = ThreatModel.linf(0.1).within(0, 1);
  static final List<Integer> SHAPE = List.of(1, 2, 2);

  private Saved() {}

  /** The numbers of example {@code i}: changes of 0.05 around values well inside [0, 1]. */
  static Content content(int i) {
    RandomGenerator random = new Seed(i).generator();
    float[] clean = new float[4];
    float[] adversarial = new float[4];
    for (int k = 0; k < 4; k++) {
      clean[k] = random.nextFloat(0.2f, 0.8f);
      adversarial[k] = clean[k] + (k % 2 == 0 ? 0.05f : -0.05f);
    }
    return new Content(SHAPE, i % 3, clean, adversarial, new float[0]);
  }

  /** Example {@code i}: attacks and models in turn, a day later each. */
  static SavedExample of(int i) {
    return of(content(i), i, THREAT);
  }

  static SavedExample of(Content content, int i, ThreatModel threat) {
    Entry entry =
        new Entry(
            content.id(),
            content.shape(),
            content.label(),
            (content.label() + 1) % 3,
            0.5 + 0.01 * (i % 50),
            0.25,
            Distances.between(Content.wide(content.clean()), Content.wide(content.adversarial())),
            threat,
            new AttackOrigin(
                i % 2 == 0 ? "pgd[steps=5]" : "fgsm", 7, "float32", "0.1.0", 6 + i, 5 + i),
            model(i % 2),
            new SampleSource("test data", Hashes.sha256Hex("data"), i, "MIT", "study-3", ""),
            LocalDate.parse("2026-01-01").plusDays(i),
            null,
            Status.ACTIVE);
    return new SavedExample(entry, content);
  }

  static ModelOrigin model(int i) {
    return new ModelOrigin(Hashes.sha256Hex("model" + i), "", "mlp");
  }

  static List<SavedExample> some(int from, int to) {
    List<SavedExample> some = new ArrayList<>();
    for (int i = from; i < to; i++) {
      some.add(of(i));
    }
    return some;
  }

  /** The same example under another description. */
  static SavedExample with(SavedExample example, UnaryOperator<Entry> change) {
    return new SavedExample(change.apply(example.entry()), example.content());
  }

  static SavedExample expiring(SavedExample example, @Nullable String day) {
    return with(example, e -> e.with(e.status(), day == null ? null : LocalDate.parse(day)));
  }
}
