package io.holdfast.evaluate.search;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.Axis;
import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Settings to be tried in place of an attack's own, one after the other: each setting is left as it
 * is or drawn from its {@link Axis}, with odds that are drawn too, so that some candidates differ
 * little and some in all; the number of steps or queries follows from the {@linkplain FixedCost
 * cost}. None comes twice.
 */
final class Candidates {
  private static final int DRAWS = 50; // in vain before it is said that there are no more

  private final AttackDriver driver;
  private final Call typed;
  private final List<Axis> axes;
  private final FixedCost cost;
  private final Seed seed;
  private final Set<String> known = new HashSet<>();
  private long drawn;

  /**
   * Around an attack.
   *
   * @param driver that settings must suit
   * @throws InvalidInputException if there is nothing to try
   */
  Candidates(AttackDriver driver, Attack attack, FixedCost cost, Seed seed) {
    this.driver = driver;
    this.cost = cost;
    this.seed = seed;
    typed = Call.parse(attack.key());
    axes =
        Attacks.listed(attack).axes().stream()
            .filter(axis -> !FixedCost.isLength(axis.key()))
            .toList();
    known.add(attack.key());
    if (axes.isEmpty()) {
      throw new InvalidInputException(
          "attack " + attack.key(), "", "one with settings to search", "none but its length");
    }
  }

  /** The next one; none when new ones are no longer found. */
  Optional<Attack> next() {
    for (int i = 0; i < DRAWS; i++) {
      Optional<Attack> attack = suiting(draw(seed.split(drawn++).generator()));
      if (attack.isPresent() && known.add(attack.get().key())) {
        return attack;
      }
    }
    return Optional.empty();
  }

  private Call draw(RandomGenerator random) {
    Map<String, String> arguments = new LinkedHashMap<>(typed.arguments());
    int always = random.nextInt(axes.size()); // one changes at least
    double odds = random.nextDouble();
    for (int i = 0; i < axes.size(); i++) {
      if (random.nextDouble() < odds || i == always) {
        arguments.put(axes.get(i).key(), axes.get(i).draw(random));
      }
    }
    return new Call(typed.name(), arguments);
  }

  /** None where the settings do not go together, or not with model and threat model. */
  private Optional<Attack> suiting(Call settings) {
    try {
      Optional<Attack> attack = cost.within(settings);
      attack.ifPresent(driver::check);
      return attack;
    } catch (InvalidInputException notTogether) {
      return Optional.empty();
    }
  }
}
