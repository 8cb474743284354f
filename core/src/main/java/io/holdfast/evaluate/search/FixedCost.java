package io.holdfast.evaluate.search;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.Axis;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.evaluate.AttackCost;
import io.holdfast.threat.ThreatModel;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Keeps settings to what an attack spends on one sample, gradients and queries, as {@link
 * AttackCost} counts them: more restarts, targets or averaged passes mean fewer steps, so that a
 * search cannot win by spending more.
 */
final class FixedCost {
  private static final String RESTARTS = "restarts";
  private static final int TRIES = 8;
  private static final double LONGEST = 1_000_000; // that a text may say

  private final ThreatModel threat;
  private final long[] shape;
  private final int classes;
  private final AttackCost limit;
  private final Optional<String> length;

  /**
   * The cost of an attack.
   *
   * @param shape of one input
   * @throws InvalidInputException if it spends neither gradients nor queries, or nothing but
   *     restarts can be set
   */
  FixedCost(Attack attack, ThreatModel threat, long[] shape, int classes) {
    this.threat = threat;
    this.shape = shape.clone();
    this.classes = classes;
    limit = AttackCost.of(attack, threat, shape, classes);
    List<String> axes = Attacks.listed(attack).axes().stream().map(Axis::key).toList();
    length = axes.stream().filter(FixedCost::isLength).findFirst();
    if (limit.gradients() == 0 && limit.queries() == 0) {
      throw new InvalidInputException(
          "attack " + attack.key(),
          "",
          "one that spends gradients or queries, which a search holds fixed",
          "none of either");
    }
    if (axes.equals(List.of(RESTARTS))) {
      throw new InvalidInputException(
          "attack " + attack.key(),
          "",
          "one with settings beside restarts, of which the cost says how many",
          "none");
    }
  }

  /** Whether a setting is the number of steps or queries, which follows from the others here. */
  static boolean isLength(String key) {
    return AttackSpec.LENGTHS.contains(key);
  }

  AttackCost limit() {
    return limit;
  }

  /**
   * The attack of these settings with the most steps or queries that cost no more.
   *
   * @param settings all that are to be said, those for the length among them or not
   * @return none where even the shortest costs more
   * @throws InvalidInputException if settings do not go together
   */
  Optional<Attack> within(Call settings) {
    Attack first = Attacks.parse(settings.toString());
    if (length.isEmpty()) {
      return fits(cost(first)) ? Optional.of(first) : Optional.empty();
    }
    TreeMap<Integer, Attack> fitting = new TreeMap<>();
    Set<Integer> known = new HashSet<>();
    long spent = -1;
    int next = lengthOf(first, length.get());
    for (int i = 0; i < TRIES && next >= 1 && known.add(next); i++) {
      Attack attack = withLength(settings, length.get(), next);
      AttackCost cost = cost(attack);
      long all = cost.gradients() + cost.queries();
      if (fits(cost)) {
        fitting.put(next, attack);
        if (all == spent) {
          break; // it ends by itself, however many steps it might go
        }
      }
      spent = all;
      long scaled = (long) Math.min(LONGEST, Math.floor(next * room(cost)));
      next = (int) (fits(cost) || scaled < next ? scaled : next - 1L);
    }
    return fitting.isEmpty() ? Optional.empty() : Optional.of(fitting.lastEntry().getValue());
  }

  private AttackCost cost(Attack attack) {
    return AttackCost.of(attack, threat, shape, classes);
  }

  private boolean fits(AttackCost cost) {
    return cost.gradients() <= limit.gradients() && cost.queries() <= limit.queries();
  }

  /** How many times the cost goes into the limit. */
  private double room(AttackCost cost) {
    double gradients = (double) limit.gradients() / Math.max(1, cost.gradients());
    double queries = (double) limit.queries() / Math.max(1, cost.queries());
    return limit.gradients() == 0 ? queries : Math.min(gradients, queries);
  }

  private static int lengthOf(Attack attack, String key) {
    return Attacks.listed(attack).parameters().stream()
        .filter(parameter -> parameter.name().equals(key))
        .mapToInt(parameter -> Integer.parseInt(parameter.standard()))
        .findFirst()
        .orElseThrow();
  }

  private static Attack withLength(Call settings, String key, int length) {
    Map<String, String> arguments = new LinkedHashMap<>(settings.arguments());
    arguments.put(key, Integer.toString(length));
    return Attacks.parse(new Call(settings.name(), arguments).toString());
  }
}
