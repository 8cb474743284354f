package io.holdfast.attack;

import io.holdfast.testkit.attack.AttackContract;
import io.holdfast.testkit.attack.AttackRow;
import io.holdfast.threat.ThreatModel;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/** One model call per sample, so that 200 samples take long. */
@Tag("slow")
class UniversalDeepFoolContractTest extends AttackContract {
  private static final String DEEPFOOL = "uap[rule=deepfool,steps=1,crossing_steps=3]";

  @Override
  protected Stream<AttackRow> rows() {
    return Stream.of(
        new AttackRow("uap deepfool", n -> Attacks.parse(DEEPFOOL), ThreatModel.l2(1.5)));
  }
}
