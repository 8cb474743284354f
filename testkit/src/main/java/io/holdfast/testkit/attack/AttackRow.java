package io.holdfast.testkit.attack;

import io.holdfast.attack.Attack;
import io.holdfast.attack.SampleScope;
import io.holdfast.threat.ThreatModel;
import java.util.function.IntFunction;

/**
 * One attack under the contract.
 *
 * @param name of the row
 * @param attack with this many restarts; an attack without restarts ignores the number
 * @param threat a size at which some samples fall and some hold; on {@link KitData}
 * @param together whether what happens to a sample depends on the others of the run
 * @param brief whether only the tests that look at few runs are made: of an attack that has a whole
 *     row in another set
 */
public record AttackRow(
    String name, IntFunction<Attack> attack, ThreatModel threat, boolean together, boolean brief) {
  /** A row whose attack looks at each sample by itself, unless it is universal. */
  public AttackRow(String name, IntFunction<Attack> attack, ThreatModel threat) {
    this(name, attack, threat, attack.apply(1).scope() == SampleScope.UNIVERSAL, false);
  }

  /** The same where each sample depends on the others. */
  public AttackRow joined() {
    return new AttackRow(name, attack, threat, true, brief);
  }

  /** The same with few tests. */
  public AttackRow briefly() {
    return new AttackRow(name, attack, threat, together, true);
  }
}
