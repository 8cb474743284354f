package io.holdfast.testkit.campaign;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Deadline;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.datasets.FashionMnist;
import io.holdfast.experiment.Campaign;
import io.holdfast.experiment.CampaignRun;
import io.holdfast.experiment.Hardening;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.train.objective.Standard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Two small models, two threat models and three attacks as files of a folder. */
final class CampaignFolder {
  private CampaignFolder() {}

  /** Writes models and the campaign's file, whose path is given back. */
  static Path write(Path folder) throws IOException {
    for (int i = 0; i < 2; i++) {
      try (Bundle bundle =
          Hardening.of(Architectures.mlp(Shape.of(1, 28, 28), 10, 12 + 8 * i))
              .objective(new Standard())
              .epochs(1)
              .seed(i)
              .fit(FashionMnist.train().first(640))) {
        bundle.write(folder.resolve("model-" + i + ".holdfast"));
      }
    }
    Path file = folder.resolve("campaign.yaml");
    Files.writeString(
        file,
        """
        name: small
        seed: 5
        data: "embedded:fashion-mnist/test"
        examples: 300
        models: {first: "%1$s/model-0.holdfast", second: {path: "%1$s/model-1.holdfast"}}
        threats: ["linf:0.05", {name: far, perturbation: l2, epsilon: 1}]
        attacks: [fgsm, "pgd[steps=4,restarts=2]", "apgd-t[steps=5,targets=3]"]
        """
            .formatted(folder));
    return file;
  }

  /** The run of the file into a folder. */
  static CampaignRun run(Path file, Path out, boolean resume, Progress progress) {
    return new CampaignRun(
        Campaign.read(file), out, resume, 1, 1, Deadline.none(), progress, Stopper.manual());
  }
}
