package io.holdfast.testkit.evaluate;

import io.holdfast.attack.gradient.Fgsm;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.evaluate.RobustnessCurve;
import io.holdfast.model.Classifier;
import io.holdfast.record.Attempt;
import io.holdfast.tensor.Precision;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.stream.StreamSupport;

/** The evaluation that the tests of this package share: three chunks, two attacks. */
final class Suite {
  static final MeansModel MODEL = new MeansModel(FashionMnist.train().first(2000), 1);
  static final int CHUNK = 64;
  static final Dataset TEST = FashionMnist.test().first(150);

  private Suite() {}

  static Evaluation evaluation() {
    return evaluation(MODEL);
  }

  static Evaluation evaluation(Classifier model) {
    return Evaluation.of(model)
        .against(ThreatModel.linf(0.05))
        .with(NamedAttack.of(Fgsm.standard()), NamedAttack.parse("pgd[steps=5, restarts=2]"))
        .precision(Precision.FLOAT32)
        .trainedOn("pgd")
        .seed(3)
        .workers(1)
        .chunk(CHUNK);
  }

  static Evaluation withCurve() {
    return evaluation().curve(RobustnessCurve.standard(70));
  }

  static List<Attempt> list(Iterable<Attempt> rows) {
    return StreamSupport.stream(rows.spliterator(), false).toList();
  }
}
