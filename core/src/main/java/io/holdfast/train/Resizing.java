package io.holdfast.train;

import io.holdfast.attack.SearchRule;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.Shape;
import io.holdfast.model.graph.TensorType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.Additive;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Smaller images first (progressive resizing): adversarial examples are searched for, and learned
 * from, on images that are averaged down (adaptive average pooling) to squares whose side grows
 * with training's progress. A pass costs in proportion to the area; a network that ends in a global
 * pooling has the same weights for every size. Wong et al. 2020 train so on ImageNet, in three
 * phases.
 *
 * @param side in pixels, over progress; in the end that of the data
 */
public record Resizing(Curve side) {
  private static final String FIELD = "train.curriculum.side";

  /** Reads the key {@code side} of a curriculum; null where it is missing. */
  static @Nullable Resizing read(SettingsReader curriculum) {
    return curriculum.has("side")
        ? new Resizing(Curve.read(curriculum, "side", Curve.constant(1), 1, 1 << 16))
        : null;
  }

  /** The side at progress z, in whole pixels. */
  int at(double z) {
    return (int) Math.round(side.at(z));
  }

  /**
   * What part of the whole images' pixels there are at progress z.
   *
   * @param resizing null for none
   * @param graph of the network at its full size
   */
  public static double area(@Nullable Resizing resizing, Graph graph, double z) {
    if (resizing == null) {
      return 1;
    }
    Shape shape = input(graph).shape();
    double part = resizing.at(z) / (double) shape.size(-1);
    return part * part;
  }

  private static TensorType input(Graph graph) {
    return graph.inputs().get(0).type();
  }

  /** The network for images of progress z; it shares the weights. */
  Network network(Network whole, double z) {
    TensorType type = input(whole.graph());
    return at(z) == type.shape().size(-1) ? whole : whole.withInput(square(type, at(z)));
  }

  private static TensorType square(TensorType type, int side) {
    return type.reshaped(type.shape().with(-2, side).with(-1, side));
  }

  /**
   * Images as a graph takes them: each pixel the mean of the whole pixels that its area touches
   * (adaptive average pooling).
   *
   * @param x {@code [n, C, S, S]}
   * @return {@code [n, C, s, s]}; {@code x} itself where it is of that size already
   */
  static Tensor fitted(Tensor x, Graph graph) {
    Shape wanted = input(graph).shape();
    return x.rank() != 4 || x.size(3) == wanted.size(-1)
        ? x
        : Nn.adaptiveAvgPool2d(x, wanted.size(-2), wanted.size(-1));
  }

  /** Adds what keeps a job from being trained so. */
  void check(TrainJob job, Problems problems) {
    Shape shape = input(job.network().graph()).shape();
    if (shape.rank() != 3 || shape.size(1) != shape.size(2)) {
      problems.add(FIELD, "square images [channels, side, side]", "inputs of shape " + shape);
      return;
    }
    int whole = (int) shape.size(2);
    TrainSettings settings = job.settings();
    long steps = (long) settings.stepsPerEpoch(job.train().size()) * settings.epochs();
    int last = at(1 - 1.0 / steps);
    if (last != whole || largest() > whole) {
      problems.add(
          FIELD,
          "sides up to " + whole + ", that of the images, in the last step",
          "up to " + largest() + ", " + last + " in the last step");
    } else {
      checkSizes(job, problems);
    }
    ThreatModel threat = job.threat();
    if (threat != null && !threat.members().stream().allMatch(Resizing::isPerPixel)) {
      problems.add(
          FIELD,
          "an L-infinity ball, whose radius means the same at every size",
          threat.set().key());
    }
    if (job.settings().objective().ownLengths()) {
      problems.add(
          FIELD,
          "images of one size for "
              + job.settings().objective().name()
              + ", whose own lengths in L2 mean something else on smaller ones",
          "several");
    }
    Swa swa = job.settings().methods().swa();
    if (swa != null && isSmallFrom(swa.from(), whole)) {
      problems.add(
          FIELD,
          "whole images from train.swa.from on, "
              + swa.from()
              + ", whose mean of weights is judged on them",
          "smaller ones then");
    }
    if (job.settings().methods().warmStart() > 0) {
      problems.add(FIELD, "images of one size with train.warm_start", "several");
    }
    if (job.settings().methods().guard() != null) {
      problems.add(
          FIELD,
          "images of one size with train.catastrophic_overfitting, which probes whole ones",
          "several");
    }
    if (job.library() != null) {
      problems.add(FIELD, "images of one size with train.library", "several");
    }
    if (!job.settings().objective().guides().isEmpty()) {
      problems.add(
          FIELD,
          "images of one size for " + job.settings().objective().name() + ", whose guides see them",
          "several");
    }
    if (job.inner().rule() instanceof SearchRule.Free) {
      problems.add(FIELD, "a search that begins anew with each batch", "attack: free");
    }
  }

  /** Whether images are smaller than they are at any time from this progress on. */
  private boolean isSmallFrom(double z, int whole) {
    boolean later =
        side.points().stream()
            .anyMatch(p -> p.at() > z && p.at() < 1 && Math.round(p.value()) < whole);
    return later || at(z) < whole;
  }

  private int largest() {
    return (int) Math.round(side.maximum());
  }

  private int smallest() {
    return (int)
        Math.round(side.points().stream().mapToDouble(Curve.Point::value).min().orElseThrow());
  }

  /** The first size that does not fit stands for all. */
  private void checkSizes(TrainJob job, Problems problems) {
    TensorType type = input(job.network().graph());
    IntStream sides =
        side.linear()
            ? IntStream.rangeClosed(smallest(), largest())
            : side.points().stream().mapToInt(p -> (int) Math.round(p.value()));
    sides
        .mapToObj(s -> refusal(job.network(), square(type, s)))
        .flatMap(Optional::stream)
        .findFirst()
        .ifPresent(
            found ->
                problems.add(
                    FIELD,
                    "a network with the same weights for images of every size, such as one that"
                        + " ends in a global pooling",
                    found));
  }

  private static Optional<String> refusal(Network network, TensorType type) {
    try {
      network.withInput(type);
      return Optional.empty();
    } catch (InvalidInputException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static boolean isPerPixel(ThreatModel member) {
    return member.set() instanceof Additive additive && additive.norm() == Norm.LINF;
  }
}
