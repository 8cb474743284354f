package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.attack.gradient.Acg;
import io.holdfast.attack.gradient.Apgd;
import io.holdfast.attack.gradient.Composed;
import io.holdfast.attack.gradient.Line;
import io.holdfast.attack.gradient.Neighbours;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.attack.gradient.Tpgd;
import io.holdfast.common.Call;
import io.holdfast.common.Seed;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.testkit.LeakCheck;
import io.holdfast.testkit.attack.KitData;
import io.holdfast.testkit.attack.KitModel;
import io.holdfast.threat.ThreatModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the papers of the gradient family say, on the kit's model. */
@ExtendWith(LeakCheck.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientFamilyTest {
  private static final List<ThreatModel> BALLS =
      List.of(ThreatModel.linf(0.1), ThreatModel.l2(0.7));

  private final KitModel model = KitModel.trained(new Seed(11));
  private final KitData data = KitData.draw(new Seed(21), 300);
  private final Workers one = Workers.of(1);

  @AfterAll
  void release() {
    model.close();
    one.close();
  }

  private AttackResult run(Attack attack, ThreatModel threat) {
    AttackDriver driver = new AttackDriver(model, threat, one);
    return driver.run(attack, data.inputs(), data.labels(), data.ids(), new Seed(4));
  }

  /** Yamamura et al. 2022, section 5: within one sample in a hundred, at equal gradients. */
  @Test
  void acgIsAboutAsStrongAsAutoPgd() {
    try (Scope scope = Scope.open()) {
      for (ThreatModel threat : BALLS) {
        int auto = run(Apgd.of(Apgd.Kind.CE).steps(50), threat).held();
        int acg = run(Acg.standard().steps(50), threat).held();
        assertThat(acg).as(threat.set().key()).isLessThanOrEqualTo(auto + data.size() / 100);
      }
    }
  }

  /** Within one sample in thirty. */
  @Test
  void momentumAndAdamAreAboutAsStrongAsPgd() {
    try (Scope scope = Scope.open()) {
      for (ThreatModel threat : BALLS) {
        int pgd = run(Pgd.steps(30), threat).held();
        for (Line line : List.of(Line.MOMENTUM_PGD, Line.NESTEROV_PGD, Line.ADAM_PGD)) {
          int own = run(Composed.of(line).steps(30), threat).held();
          assertThat(own)
              .as("%s %s", line, threat.set().key())
              .isLessThanOrEqualTo(pgd + data.size() / 30);
        }
      }
    }
  }

  /** Gowal et al. 2019, section 5: stronger than the same number of untargeted restarts. */
  @Test
  void multiTargetedIsAtLeastAsStrongAsRestarts() {
    try (Scope scope = Scope.open()) {
      int targeted = run(Composed.of(Line.MT_PGD).steps(10), BALLS.get(0)).held();
      int restarted = run(Pgd.steps(10).restarts(4), BALLS.get(0)).held();
      assertThat(targeted).isLessThanOrEqualTo(restarted);
    }
  }

  /** Zhang et al. 2019: the divergence grows, although its slope at the clean input is 0. */
  @Test
  void tpgdRaisesTheDivergence() {
    ThreatModel small = ThreatModel.linf(0.02);
    try (Scope scope = Scope.open()) {
      AttackResult result = run(Tpgd.standard(), small);
      Tensor x = data.inputs();
      Tensor labels = Tensors.zeros(io.holdfast.tensor.DType.INT64, data.size());
      Reference r = Reference.probabilities(labels, Nn.softmax(model.logits(x), 1));
      double[] after = Losses.KL.value(model.logits(result.adversarial()), r).toDoubles();
      AttackResult noise = run(new RandomNoise(RandomNoise.Kind.UNIFORM, 1), small);
      double[] random = Losses.KL.value(model.logits(noise.adversarial()), r).toDoubles();
      int higher = 0;
      int attacked = 0;
      for (int i = 0; i < after.length; i++) {
        if (result.samples().get(i).gradients() > 0) {
          attacked++;
          higher += after[i] > random[i] ? 1 : 0;
        }
      }
      assertThat(attacked).isGreaterThan(200);
      assertThat(higher).isGreaterThan(attacked * 95 / 100);
    }
  }

  /** The divergence has no slope at the clean input, where some of these set out. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "fgsm",
        "r-fgsm",
        "pgd[steps=10]",
        "bim[steps=10]",
        "mi-fgsm[steps=10]",
        "acg[steps=10]",
        "frank-wolfe[steps=10]",
        "apgd-t[steps=10,targets=3]",
        "uap[rule=sgd]",
        "uap[rule=sga]"
      })
  void theDivergenceServesEveryAttackThatHasALoss(String text) {
    Call call = Call.parse(text);
    Map<String, String> arguments = new LinkedHashMap<>(call.arguments());
    arguments.put("loss", "kl");
    Attack own = Attacks.parse(new Call(call.name(), arguments).toString());
    try (Scope scope = Scope.open()) {
      for (ThreatModel threat : BALLS) {
        long usual = fallen(run(Attacks.parse(text), threat));
        assertThat(fallen(run(own, threat)))
            .as("%s, %d by the usual loss", threat.set().key(), usual)
            .isGreaterThan(usual / 3);
      }
    }
  }

  private static long fallen(AttackResult result) {
    return result.samples().stream().filter(s -> s.outcome() == Outcome.FELL).count();
  }

  /** Each step and neighbour is one gradient; views and repetitions multiply. */
  @Test
  void costsAreWhatTheRecipeSays() {
    ThreatModel tiny = ThreatModel.linf(0.001);
    Composed vmi = Composed.of(Line.VMI_FGSM).steps(3);
    Composed si = Composed.of(Line.SI_NI_FGSM).steps(3);
    try (Scope scope = Scope.open()) {
      assertThat(most(run(vmi, tiny))).containsExactly(63, 63);
      Composed any = vmi.with(vmi.recipe().with(new Neighbours(2, 1))).track(Pgd.Track.ANY);
      assertThat(most(run(any, tiny))).containsExactly(9, 9);
      assertThat(most(run(si, tiny))).containsExactly(15, 15);
      assertThat(most(run(si.track(Pgd.Track.ANY), tiny)))
          .as("the iterate itself is looked at too")
          .containsExactly(15, 18);
      assertThat(most(run(si.track(Pgd.Track.ANY), tiny.queries(13))))
          .as("a step that the budget does not cover is not taken")
          .containsExactly(10, 12);
    }
  }

  /** Most gradients and queries of a sample. */
  private static List<Integer> most(AttackResult result) {
    return List.of(
        (int) result.samples().stream().mapToLong(AttackResult.Sample::gradients).max().orElse(0),
        (int) result.samples().stream().mapToLong(AttackResult.Sample::queries).max().orElse(0));
  }
}
