package io.holdfast.bundle;

import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Attempt;
import io.holdfast.record.Scorecard;
import io.holdfast.record.ScorecardContext;
import io.holdfast.threat.ThreatModel;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Small bundles and what goes into them. */
final class Samples {
  static final Provenance PROVENANCE =
      new Provenance(
          "0.1.0",
          "2.10.0",
          "Linux amd64, Java 17",
          7,
          Map.of("train", "ab".repeat(32)),
          Map.of("name", "tiny", "train", Map.of("learning_rate", 5e-4, "epochs", 4L)));

  static final List<String> CLASSES = List.of("cat", "dog", "größer");

  private Samples() {}

  /** A multilayer perceptron of 4 inputs, 5 hidden units and 3 classes, against linf:0.1. */
  static Bundle tiny(long seed) {
    Architecture architecture = Architectures.mlp(Shape.of(1, 2, 2), 3, 5);
    return Bundle.of(architecture.initialise(new Seed(seed)))
        .architecture(architecture.name())
        .threat(ThreatModel.linf(0.1).within(0, 1))
        .provenance(PROVENANCE)
        .classNames(CLASSES)
        .build();
  }

  /** {@code small-cnn} for 28x28 images of 10 classes, a standard model. */
  static Bundle cnn(long seed) {
    Network network = Architectures.smallCnn(1, 10).initialise(new Seed(seed));
    return Bundle.of(network).architecture("small-cnn").provenance(PROVENANCE).build();
  }

  /** A scorecard of two clean samples that took this many seconds. */
  static Scorecard scorecard(double seconds) {
    List<Attempt> rows =
        List.of(
            Attempt.clean(1, 0).predicted(0, 0.9f, 0.9f).build(),
            Attempt.clean(2, 1).predicted(0, 0.6f, 0.3f).build());
    ScorecardContext context = ScorecardContext.of("linf:0.1", PROVENANCE).build();
    return Scorecard.of(rows, context).withTiming(Map.of("clean", seconds));
  }

  /** Values in [0, 1). */
  static float[] sample(RandomGenerator random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }
}
