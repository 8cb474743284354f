package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Axis;
import io.holdfast.attack.Knob;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.CommonPass;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.ShardContext;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Margins of logits on the worst case, which is where the label's margin is smallest. The wanted
 * margin m may differ by class, so that rare or weak classes are pushed further from the boundary
 * (as Cao et al. 2019 do for cross-entropy).
 *
 * @param kind of margin loss
 * @param margins wanted, at least 0: one for all classes, or one each
 */
public record Margins(Kind kind, List<Double> margins) implements ListedObjective<Margins> {
  /** What is summed up. */
  public enum Kind {
    /** {@code sum_{k != y} max(0, m_y - z_y + z_k)} (Weston and Watkins 1999). */
    HINGE,
    /**
     * {@code max(max_{k != y} z_k - z_y, -m_y)} (Carlini and Wagner 2017, f6, with the signs of
     * training).
     */
    CW,
    /**
     * Cross-entropy with m_y taken off the label's logit (Cao et al. 2019, equation 13). They take
     * margins of {@code C / n_y^(1/4)} for classes of n_y samples, 0.5 the largest, on normalised
     * logits that are scaled by 30.
     */
    CROSS_ENTROPY
  }

  /** The registry's line of the hinge loss. */
  public static final ObjectiveSpec<Margins> HINGE =
      line(
          Kind.HINGE,
          "hinge",
          "sum over wrong classes of max(0, m - z_y + z_k) on the worst case",
          "Weston and Watkins 1999; on the worst case of Madry et al. 2018",
          1);

  /** The registry's line of the Carlini-Wagner loss. */
  public static final ObjectiveSpec<Margins> CW =
      line(
          Kind.CW,
          "cw-margin",
          "max(best wrong logit - label's, -m) on the worst case",
          "Carlini and Wagner 2017, f6; on the worst case of Madry et al. 2018",
          1);

  /** The registry's line of the cross-entropy with margins. */
  public static final ObjectiveSpec<Margins> CROSS_ENTROPY =
      line(
          Kind.CROSS_ENTROPY,
          "class-margin",
          "cross-entropy on the worst case with m_y taken off the label's logit",
          "Cao et al. 2019, equation 13; on the worst case of Madry et al. 2018",
          0.5);

  public Margins {
    margins = List.copyOf(margins);
    if (margins.isEmpty() || !margins.stream().allMatch(m -> m >= 0 && Double.isFinite(m))) {
      throw new IllegalArgumentException("margins: finite, at least 0, found " + margins);
    }
  }

  private static ObjectiveSpec<Margins> line(
      Kind kind, String name, String terms, String paper, double margin) {
    return new ObjectiveSpec<>(
        name, terms, paper, new Margins(kind, List.of(margin)), List.of(new Wanted()));
  }

  @Override
  public ObjectiveSpec<Margins> spec() {
    return switch (kind) {
      case HINGE -> HINGE;
      case CW -> CW;
      case CROSS_ENTROPY -> CROSS_ENTROPY;
    };
  }

  @Override
  public boolean smooths() {
    return kind == Kind.CROSS_ENTROPY;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  @Override
  public Set<CommonPass> common(double progress) {
    return kind == Kind.CROSS_ENTROPY
        ? Set.of(CommonPass.WORST, CommonPass.OF_WORST)
        : Set.of(CommonPass.NARROWEST, CommonPass.OF_NARROWEST);
  }

  @Override
  public int classes() {
    return margins.size() == 1 ? 0 : margins.size();
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    Losses search = kind == Kind.CROSS_ENTROPY ? Losses.CE : Losses.CW;
    Tensor worst =
        shard.adversarial(search, Reference.labels(shard.labels()), shard.start()); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    return ShardLoss.of(losses(shard, robust), null, robust);
  }

  /** {@code [n]} from logits {@code [n, K]}. */
  private Tensor losses(ShardContext shard, Tensor z) {
    Tensor wanted = wanted(shard.labels(), z); // [n]
    Tensor own = Predictions.at(z, shard.labels()); // [n]
    Tensor isOwn = Predictions.isClass(z, shard.labels()); // [n, K]
    return switch (kind) {
      case HINGE ->
          z.sub(own.sub(wanted).unsqueeze(1)).clampMin(0).maskedFill(isOwn, 0).sum(1); // [n]
      case CW -> Predictions.bestOther(z, shard.labels()).sub(own).maximum(wanted.neg()); // [n]
      case CROSS_ENTROPY ->
          Predictions.crossEntropy(
              shard, z.sub(isOwn.to(z.type()).mul(wanted.unsqueeze(1)))); // [n]
    };
  }

  /** The margin that each sample's class wants, {@code [n]}. */
  private Tensor wanted(Tensor labels, Tensor like) {
    int count = (int) like.size(1);
    List<Double> all = margins.size() == 1 ? Collections.nCopies(count, margins.get(0)) : margins;
    double[] values = all.stream().mapToDouble(m -> m).toArray();
    return Tensors.of(values, values.length)
        .to(like.type())
        .to(like.device())
        .indexSelect(0, labels);
  }

  /** The setting {@code margin}. */
  private record Wanted() implements Knob<Margins> {
    private static final String KEY = "margin";

    @Override
    public List<AttackSpec.Parameter> describe(Margins usual) {
      return List.of(
          new AttackSpec.Parameter(
              KEY,
              Passes.number(usual.margins.get(0)),
              "wanted margin m, a number of at least 0, or a list of one for each class"));
    }

    @Override
    public Margins read(SettingsReader section, Margins soFar) {
      List<Double> found = section.numbers(KEY, soFar.margins, 0, 1e6);
      return new Margins(soFar.kind, found.isEmpty() ? soFar.margins : found);
    }

    @Override
    public Margins write(Margins attack, Margins soFar, Map<String, String> arguments) {
      return attack; // objectives are not written as texts
    }

    /** Nothing that a search over an attack's settings could try. */
    @Override
    public List<Axis> axes(Margins objective) {
      return List.of();
    }
  }
}
