package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.common.Seed;
import io.holdfast.common.Variates;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Customized adversarial training (Cheng et al. 2022, algorithm 1): each sample has a radius of its
 * own, which begins at 0 and grows by a step in each epoch in which it is still right under attack
 * at the grown radius, up to that of the threat model at the curriculum's strength. The larger it
 * is, the more of its label is spread over classes that are drawn anew (equation 6), in the search
 * too.
 *
 * <p>Radii are part of the checkpoint. {@code train.label_smoothing} does not count here. Judge the
 * result by AutoAttack: soft labels make gradients small, and plain PGD overrates it.
 *
 * @param step of the radius in an epoch, as a part of the threat model's, in (0, 1]; the authors
 *     take 0.005 of 8/255
 * @param smoothing share of the label that is spread at the whole radius, in [0, 1]; the authors
 *     take 10 times 8/255
 * @param concentration of the Dirichlet distribution that the spread part is drawn from, above 0
 */
public record Cat(double step, double smoothing, double concentration)
    implements ListedObjective<Cat> {
  /** The registry's line. */
  public static final ObjectiveSpec<Cat> SPEC =
      new ObjectiveSpec<>(
          "cat",
          "cross-entropy on the worst case within each sample's own radius, its label the softer the"
              + " larger that is",
          "Cheng et al. 2022, algorithm 1",
          new Cat(0.16, 0.31, 1),
          List.of(
              Knobs.number(
                  "step",
                  "by which a sample's radius grows each time that it is drawn and still right at the"
                      + " grown radius, in radii of the threat model",
                  1e-3,
                  1,
                  Cat::step,
                  (o, v) -> new Cat(v, o.smoothing, o.concentration)),
              Knobs.share(
                  "smoothing",
                  "of the label that is spread at the whole radius",
                  Cat::smoothing,
                  (o, v) -> new Cat(o.step, v, o.concentration)),
              Knobs.number(
                  "concentration",
                  "of the distribution that the spread part is drawn from",
                  1e-2,
                  1e3,
                  Cat::concentration,
                  (o, v) -> new Cat(o.step, o.smoothing, v))));

  @Override
  public ObjectiveSpec<Cat> spec() {
    return SPEC;
  }

  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Passes passes() {
    return Passes.CLEAN.searching(1);
  }

  @Override
  public boolean remembers() {
    return true;
  }

  @Override
  public boolean ownRadii() {
    return true;
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    double largest = shard.radiusShare(); // as radii are, in radii of the whole threat model
    double[] radii = shard.remembered(); // [n]
    double[] grown = new double[radii.length];
    for (int i = 0; i < radii.length; i++) {
      radii[i] = Double.isNaN(radii[i]) ? 0 : Math.min(largest, radii[i]);
      grown[i] = Math.min(largest, radii[i] + step);
    }
    Spread spread = new Spread(concentration, shard.seeds("labels"));
    boolean[] attacked = new boolean[radii.length]; // not those that stay clean
    Tensor worst =
        shard.adversarial(
            ground -> {
              ground.rows().forEach(row -> attacked[row] = true);
              return within(ground, grown, largest, spread);
            },
            Reference.labels(shard.labels())); // [n, ...]
    Tensor robust = shard.logits(worst); // [n, K]
    boolean[] right = shard.decided(() -> robust.argmax(1).eq(shard.labels())).toBooleans();
    for (int i = 0; i < radii.length; i++) {
      radii[i] = attacked[i] && right[i] ? grown[i] : radii[i];
    }
    if (largest > 0) {
      shard.remember(radii);
    }
    Tensor wanted = softened(shard.labels(), robust, radii, spread); // [n, K]
    Tensor losses = wanted.mul(Nn.logSoftmax(robust, 1)).sum(1).neg(); // [n]
    return ShardLoss.of(losses, null, robust);
  }

  /**
   * Searches in each sample's own ball, {@code [m, ...]}.
   *
   * @param grown the samples' radii, {@code [n]}
   * @param largest that of the ground's threat model, in the same unit
   */
  private Tensor within(Search.Ground ground, double[] grown, double largest, Spread spread) {
    int[] rows = ground.rows().stream().mapToInt(i -> i).toArray();
    double[] own = Arrays.stream(rows).mapToDouble(i -> grown[i]).toArray(); // [m]
    double[] scales = Arrays.stream(own).map(r -> largest == 0 ? 0 : r / largest).toArray(); // [m]
    OwnRadii scaled = new OwnRadii(ground.model(), ground.inputs(), scales);
    Tensor far = ground.with(scaled).maximise(new Soft(own, spread.of(rows))); // [m, ...]
    return OwnRadii.between(ground.inputs(), far, scales);
  }

  /** Labels of which a part is spread, {@code [n, K]}, of the type of the logits. */
  private Tensor softened(Tensor labels, Tensor logits, double[] radii, Spread spread) {
    int n = radii.length;
    int classes = (int) logits.size(1);
    double[] others = new double[n * classes];
    double[] kept = new double[n];
    for (int i = 0; i < n; i++) {
      double part = smoothing * radii[i];
      double[] drawn = spread.sample(i, classes); // [K]
      int row = i * classes;
      IntStream.range(0, classes).forEach(k -> others[row + k] = part * drawn[k]);
      kept[i] = 1 - part;
    }
    Tensor own = like(kept, logits, n, 1).mul(Nn.oneHot(labels, classes)); // [n, K]
    return own.add(like(others, logits, n, classes));
  }

  private static Tensor like(double[] values, Tensor like, long... shape) {
    return Tensors.of(values, shape).to(like.type()).to(like.device());
  }

  /** What the spread part of each sample's label goes to, drawn when it is first asked for. */
  private static final class Spread {
    private final double concentration;
    private final List<Seed> seeds;
    private final double[][] drawn; // [n, K], empty rows at first

    Spread(double concentration, List<Seed> seeds) {
      this.concentration = concentration;
      this.seeds = seeds;
      drawn = new double[seeds.size()][0];
    }

    /** Shares of the classes, {@code [K]}. */
    double[] sample(int i, int classes) {
      if (drawn[i].length == 0) {
        drawn[i] = Variates.dirichlet(classes, concentration, seeds.get(i).generator());
      }
      return drawn[i];
    }

    /** That of some of the samples. */
    Spread of(int... rows) {
      return new Spread(concentration, Arrays.stream(rows).mapToObj(seeds::get).toList());
    }
  }

  /** Cross-entropy with softened labels. */
  private final class Soft implements Loss {
    private final double[] radii; // [m]
    private final Spread spread; // of the m

    Soft(double[] radii, Spread spread) {
      this.radii = radii;
      this.spread = spread;
    }

    @Override
    public String key() {
      return "soft-ce";
    }

    @Override
    public Tensor value(Tensor logits, Reference reference) {
      return wanted(logits, reference).mul(Nn.logSoftmax(logits, 1)).sum(1).neg(); // [m]
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference reference) {
      return Nn.softmax(logits, 1).sub(wanted(logits, reference)); // [m, K]
    }

    private Tensor wanted(Tensor logits, Reference reference) {
      return softened(reference.labels(), logits, radii, spread);
    }
  }
}
