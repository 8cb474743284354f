package io.holdfast.testkit.attack;

import io.holdfast.attack.Attack;
import io.holdfast.threat.ThreatModel;
import java.util.function.IntFunction;

/**
 * One attack under the contract.
 *
 * @param name of the row
 * @param attack with this many restarts; an attack without restarts ignores the number
 * @param threat a size at which some samples fall and some hold; on {@link KitData}
 */
public record AttackRow(String name, IntFunction<Attack> attack, ThreatModel threat) {}
