package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Seed;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Croce and Hein 2020, section 5: Auto-PGD is at least as strong as PGD at equal gradients. In L1
 * that takes its five restarts: a single run of sparse steps is weaker than one of our PGD, whose
 * steps fill the box.
 */
class ApgdAgainstPgdTest {
  private static final int STEPS = 50;

  @Test
  void leavesNoMoreStandingThanPgdAtEqualGradients() {
    KitData data = KitData.draw(new Seed(21), 150);
    int strictly = 0;
    try (Scope scope = Scope.open();
        KitModel model = KitModel.trained(new Seed(11));
        Workers workers = Workers.of(2)) {
      for (ThreatModel threat :
          List.of(ThreatModel.linf(0.1), ThreatModel.l2(0.7), ThreatModel.l1(3))) {
        AttackDriver driver = new AttackDriver(model, threat, workers);
        for (Apgd.Kind kind : List.of(Apgd.Kind.CE, Apgd.Kind.DLR)) {
          Apgd auto = Apgd.of(kind).steps(STEPS);
          Pgd pgd = Pgd.steps(STEPS).loss(auto.loss()).restarts(auto.restarts(threat));
          int plain = held(driver, pgd, data);
          int own = held(driver, auto, data);
          assertThat(own).as("%s %s", kind, threat.set().key()).isLessThanOrEqualTo(plain);
          strictly += own < plain ? 1 : 0;
        }
      }
    }
    assertThat(strictly).as("where it is stronger").isPositive();
  }

  private static int held(AttackDriver driver, Attack attack, KitData data) {
    return driver.run(attack, data.inputs(), data.labels(), data.ids(), new Seed(4)).held();
  }
}
