package io.holdfast.evaluate;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.record.Attempt;
import io.holdfast.record.AttemptKey;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.threat.Additive;
import io.holdfast.threat.PerturbationSet;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The rows of a {@link RobustnessCurve}. */
final class CurvePass {
  private final NamedAttack attack;
  private final int samples;
  private final AttackDriver driver;
  private final ThreatModel threat;
  private final Seed seed;
  private final Rows rows;
  private final double[] radii;

  CurvePass(RobustnessCurve curve, AttackDriver driver, Seed seed, Rows rows) {
    this.attack = curve.attack();
    this.samples = curve.samples();
    this.driver = driver;
    this.threat = driver.threat();
    this.seed = seed;
    this.rows = rows;
    this.radii =
        curve.radii(
            threat.epsilon(),
            largest(Arrays.stream(driver.model().inputShape()).reduce(1, Math::multiplyExact)));
  }

  /** The epsilon at which some ball is as wide as the domain. */
  private double largest(long values) {
    double most = Double.MAX_VALUE;
    for (PerturbationSet member : threat.set().members()) {
      if (member instanceof Additive ball && ball.epsilon() > 0) {
        double widest = threat.domain().diameter(ball.norm(), values);
        most = Math.min(most, widest * (threat.epsilon() / ball.epsilon()));
      }
    }
    return most;
  }

  /** The samples, a seeded choice, in the order of the data. */
  int[] choose(Dataset data) {
    int n = radii.length == 0 ? 0 : Math.min(samples, data.size());
    int[] order = seed.split("curve").permutation(data.size());
    return IntStream.of(order).limit(n).sorted().toArray();
  }

  List<AttemptKey> keys() {
    return Arrays.stream(radii)
        .mapToObj(r -> new AttemptKey(Kind.CURVE, attack.key(), threat.name(), r))
        .toList();
  }

  /** One row per sample and radius, from the smallest radius up. */
  List<Attempt> rows(Chunk chunk, LongConsumer done) {
    List<Attempt> all = new ArrayList<>();
    Map<Long, Attempt> fallen = new HashMap<>();
    for (double radius : radii) {
      all.addAll(at(radius, chunk, fallen));
    }
    done.accept(chunk.size());
    return all;
  }

  private List<Attempt> at(double radius, Chunk chunk, Map<Long, Attempt> fallen) {
    List<Attempt> found = new ArrayList<>();
    List<Integer> standing = new ArrayList<>();
    for (int i = 0; i < chunk.size(); i++) {
      long id = chunk.id(i);
      Attempt clean = rows.seen().clean(id);
      Attempt before = before(radius, id, fallen);
      if (clean.outcome() == Outcome.WRONG) {
        found.add(rows.skipped(Kind.CURVE, attack.key(), radius, clean));
      } else if (before != null) {
        found.add(rows.carried(Kind.CURVE, attack.key(), radius, before));
      } else {
        standing.add(i);
      }
    }
    if (!standing.isEmpty()) {
      for (Attempt row : attack(radius, chunk.at(standing))) {
        found.add(row);
        if (row.outcome() == Outcome.FELL) {
          fallen.put(row.sampleId(), row);
        }
      }
    }
    return found;
  }

  private @Nullable Attempt before(double radius, long id, Map<Long, Attempt> fallen) {
    Attempt smaller = fallen.get(id);
    return smaller == null && radius >= threat.epsilon() ? rows.seen().felled(id) : smaller;
  }

  private List<Attempt> attack(double radius, Chunk standing) {
    AttackDriver at = driver.withThreat(threat.withEpsilon(radius));
    AttackResult result =
        at.run(attack.attack(), standing.x(), standing.labels(), standing.ids(), seed);
    return rows.of(Kind.CURVE, attack.key(), radius, standing, result);
  }
}
