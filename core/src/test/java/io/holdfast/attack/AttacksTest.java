package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Settings;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttacksTest {
  @Test
  void readsNamesAndParameters() {
    assertThat(Attacks.parse("fgsm")).isEqualTo(Fgsm.standard());
    assertThat(Attacks.parse("pgd[steps=50,restarts=5]")).isEqualTo(Pgd.steps(50).restarts(5));
    assertThat(Attacks.read(Settings.of(Map.of("name", "pgd", "steps", 7, "step_size", 0.025))))
        .isEqualTo(Pgd.steps(7).stepSize(0.025));
    assertThat(Attacks.parseList("fgsm,pgd[steps=3,loss=dlr]"))
        .containsExactly(Fgsm.standard(), Pgd.steps(3).loss(Losses.DLR));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fgsm",
        "fgsm[loss=cw]",
        "r-fgsm",
        "r-fgsm[restarts=3,relative_step=0.5]",
        "uniform-noise[restarts=9]",
        "gaussian-noise",
        "pgd[steps=50,restarts=5]",
        "pgd[steps=7,step_size=0.025,random_start=false]",
        "pgd[steps=10,targets=least-likely,eot=4,track=last]",
        "apgd-ce",
        "apgd-dlr[steps=50,restarts=1,rho=0.5,eot=20]",
        "apgd-t[targets=3,loss=cw]",
        "bim",
        "mi-fgsm[steps=20,restarts=2]",
        "di-fgsm[relative_step=0.2,momentum=heavy-ball,diversity=0.7]",
        "ti-fgsm[kernel_size=7,kernel=linear]",
        "vmi-fgsm[neighbours=5,neighbourhood=1.0]",
        "pi-fgsm[amplification=2.5,patch=5]",
        "composed[loss=logit,track=any,momentum=nesterov,decay=0.5,scales=3]",
        "mt-pgd[steps=20]",
        "tpgd[steps=20]",
        "jitter[scale=5.0]",
        "acg[steps=50,loss=ce]",
        "fab[steps=20,eta=1.2]",
        "fab-t[restarts=5,alpha_max=0.2,beta=0.8,targets=3]",
        "deepfool[steps=50,overshoot=0.1]",
        "ddn[steps=300,gamma=0.1]",
        "fmn[steps=100,stride=10.0]",
        "cw[steps=300,rounds=5,confidence=1.0,abort_early=false]",
        "ead[steps=1000,beta=0.01,rule=l1]",
        "sigma-zero[steps=100,threshold=0.1]",
        "sparsefool[rounds=5,lambda=2.0]",
        "newtonfool[steps=100,stride=0.02]",
        "brendel-bethge[steps=100,radius=0.01,start=images,restarts=3]",
        "alma[steps=100,first=0.2,smoothing=0.5]",
        "pdpgd[steps=100,rate=0.05,rounds=3]",
        "jsma[theta=-0.5,gamma=1.0]"
      })
  void keysAreCanonical(String key) {
    assertThat(Attacks.parse(key).key()).isEqualTo(key);
  }

  @Test
  void keysTellEverySetting() {
    Pgd every =
        Pgd.steps(12)
            .restarts(2)
            .stepSize(StepSize.relative(0.3))
            .randomStart(false)
            .loss(Losses.DLR)
            .targeting(Targeting.ALL)
            .eot(3)
            .track(Pgd.Track.LAST);
    assertThat(Attacks.parse(every.key())).isEqualTo(every);
    for (AttackSpec<?> spec : Attacks.describe()) {
      assertThat(Attacks.parse(spec.usual().key())).isEqualTo(spec.usual());
    }
    AttackSpec<Fgsm> mute = new AttackSpec<>("mute", "", List.of(), "", Fgsm.standard(), List.of());
    assertThat(mute.write(Fgsm.standard())).isEqualTo("mute");
    assertThatThrownBy(() -> mute.write(new Fgsm(Losses.CW))).hasMessageContaining("no knob");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "pdg; did you mean pgd?",
        "pgd[stpes=3]; did you mean steps?",
        "pgd[steps=0]; steps",
        "pgd[loss=ratio]; loss",
        "bim[decay=0.5]; decay: expected nothing, which is all it does where momentum is none",
        "adam-pgd[decay=0.5]; momentum is none or adam",
        "bim[portion=0.1,quality=50,kernel=linear,smallest=0.5]; 4 problems",
        "vmi-fgsm[neighbours=0,neighbourhood=1]; neighbours is 0",
        "pi-fgsm[amplification=0,patch=5]; amplification is 0",
        "simba[frequencies=0.5]; basis is pixel",
        "genattack[adaptive=true,mutation_rate=0.1]; adaptive is true",
        "genattack[adaptive=true,mutation_range=0.5]; adaptive is true",
        "autoattack[version=rand,queries=10]; version is rand",
        "uap[rule=deepfool,loss=ce]; rule is deepfool",
        "uap[inner_batch=5]; rule is not sga",
        "uap[crossing_steps=5]; rule is not deepfool",
        "pgd[steps=many]; steps",
        "pgd[step_size=0.1,relative_step=0.2]; found both",
        "pgd[step_size=-1]; step_size",
        "pgd[; expected",
        "apgd-ce[rho=1.5]; rho",
        "apgd-ce[targets=3]; targets",
        "apgd-t[restarts=0]; restarts",
        "mi-fgsm[decay=-1]; decay",
        "di-fgsm[diversity=1.5]; diversity",
        "ti-fgsm[kernel_size=4]; odd",
        "pi-fgsm[patch=1]; patch",
        "composed[scales=0]; scales",
        "bim[momentum=adamm]; did you mean adam?",
        "jitter[noise=-1]; noise",
        "acg[rho=2]; rho",
        "fab[eta=0.9]; eta",
        "fab[targets=3]; targets",
        "cw[rate=0]; rate",
        "ead[rule=l2]; rule",
        "fmn[gamma=2]; gamma",
      })
  void refuses(String text, String message) {
    assertThatThrownBy(() -> Attacks.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aRuleForTheSmallestChangeIsRefusedInsideABall() {
    Attack elastic = Attacks.parse("ead[rule=l1]");
    elastic.check(ThreatModel.smallest(Norm.L1), 10);
    Attacks.parse("ead[rule=en]").check(ThreatModel.l1(12), 10);
    assertThatThrownBy(() -> elastic.check(ThreatModel.l1(12), 10))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("ead[", "rule: expected nothing", "without a limit", "found l1");
  }

  /** Every documented parameter is known to the reader, and no other is read. */
  @Test
  void documentationAndReadersAgree() {
    for (AttackSpec<?> spec : Attacks.describe()) {
      assertThat(Attacks.parse(spec.name()).name()).isEqualTo(spec.name());
      assertThat(Attacks.parse(spec.name()).needs()).isEqualTo(spec.needs());
      for (AttackSpec.Parameter parameter : spec.parameters()) {
        assertThatThrownBy(() -> Attacks.parse(spec.name() + "[" + parameter.name() + "=[]]"))
            .as(spec.name() + " " + parameter.name())
            .hasMessageContaining(parameter.name())
            .hasMessageNotContaining("unknown");
      }
    }
  }
}
