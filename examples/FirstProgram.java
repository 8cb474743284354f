import io.holdfast.attack.gradient.Pgd;
import io.holdfast.bundle.Bundle;
import io.holdfast.data.Dataset;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.record.Scorecard;
import io.holdfast.report.Report;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Trades;
import java.nio.file.Path;

/** Hardens an image classifier, attacks it, and writes a report. */
public final class FirstProgram {
  private FirstProgram() {}

  /** Takes about two minutes on two cores. */
  public static void main(String[] args) {
    ThreatModel threat = ThreatModel.linf(0.1).within(0, 1);
    Dataset train = FashionMnist.train();
    Dataset test = FashionMnist.test();
    try (Bundle hardened =
        Hardening.of(Architectures.smallCnn(1, 10))
            .against(threat)
            .objective(Trades.beta(6))
            .attack(Pgd.steps(7))
            .epochs(4)
            .seed(7)
            .fit(train)) {
      Scorecard card =
          Evaluation.of(hardened)
              .against(threat)
              .with(Pgd.steps(50).restarts(5))
              .on(test.first(1000))
              .card();
      hardened.withScorecard(card).write(Path.of("model.holdfast"));
      Report.html(card).write(Path.of("report.html"));
      System.out.println(card.robustAccuracy());
    }
  }
}
