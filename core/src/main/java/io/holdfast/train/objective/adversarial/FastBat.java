package io.holdfast.train.objective.adversarial;

import io.holdfast.attack.Knobs;
import io.holdfast.attack.Losses;
import io.holdfast.attack.Reference;
import io.holdfast.attack.Slope;
import io.holdfast.tensor.Autograd;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.Region;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.ListedObjective;
import io.holdfast.train.objective.ObjectiveSpec;
import io.holdfast.train.objective.Passes;
import io.holdfast.train.objective.Predictions;
import io.holdfast.train.objective.Search;
import io.holdfast.train.objective.ShardContext;
import io.holdfast.verify.bound.Bounds;
import java.util.List;

/**
 * Fast bi-level adversarial training (Zhang et al. 2022, Fast-BAT, algorithm 1), in an L-infinity
 * ball: from a uniform start two projected steps along the gradient itself, not its sign; then
 * cross-entropy at their end, whose gradient also goes through the second step wherever that ends
 * inside ball and domain. It searches in this way of its own, whatever the experiment's steps, the
 * first step in evaluation mode as all searches here.
 *
 * <p>Shapes: n samples of the shard, K classes.
 *
 * @param step length of a step for each unit of the gradient, at least 0; the authors' program
 *     takes 5000/255 for radii up to 8/255, 3000/255 for larger ones
 * @param implicit weight of the gradient through the second step, at least 0: one over the authors'
 *     lambda, which their program sets to 10
 */
public record FastBat(double step, double implicit) implements ListedObjective<FastBat> {
  private static final double LARGE = 1e6;

  /** The registry's line. */
  public static final ObjectiveSpec<FastBat> SPEC =
      new ObjectiveSpec<>(
          "fast-bat",
          "cross-entropy after two steps along the gradient, derived through the second as well",
          "Zhang et al. 2022 (Fast-BAT), algorithm 1",
          new FastBat(19.6, 0.1),
          List.of(
              Knobs.number(
                  "step",
                  "length of a step for each unit of the gradient",
                  0,
                  LARGE,
                  FastBat::step,
                  (o, v) -> new FastBat(v, o.implicit)),
              Knobs.number(
                  "implicit",
                  "weight of the gradient through the second step",
                  0,
                  LARGE,
                  FastBat::implicit,
                  (o, v) -> new FastBat(o.step, v))));

  @Override
  public ObjectiveSpec<FastBat> spec() {
    return SPEC;
  }

  @Override
  public Passes passes() {
    return Passes.of(3, 6);
  }

  @Override
  public boolean ownSearch() {
    return true;
  }

  @Override
  public boolean boxed() {
    return true;
  }

  @Override
  public boolean derivesTwice() {
    return true;
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    boolean[] moves = new boolean[(int) shard.labels().count()]; // not those that stay clean
    Tensor near =
        shard.adversarial(
            ground -> {
              ground.rows().forEach(row -> moves[row] = true);
              return first(ground);
            },
            Reference.labels(shard.labels())); // [n, ...]
    Bounds box = box(shard.threat(), shard.inputs());
    Tensor leaf = near.asLeaf();
    Tensor before = Predictions.crossEntropy(shard, shard.logits(leaf)); // [n]
    Tensor slope = Autograd.grad(before.sum(), List.of(leaf), true).get(0); // [n, ...] on the tape
    Tensor wanted = shard.decided(() -> near.add(slope.detach(), step)); // [n, ...]
    Tensor going = rows(moves, near); // [n, 1, ...]
    Tensor end = Tensors.where(going, box.clamp(wanted), near).asLeaf(); // [n, ...]
    Tensor logits = shard.logits(end); // [n, K]
    Tensor losses = Predictions.crossEntropy(shard, logits); // [n]
    Tensor free =
        wanted
            .gt(box.lower())
            .and(wanted.lt(box.upper()))
            .and(going); // [n, ...] where the step was not held back
    Tensor pull =
        Autograd.grad(losses.sum(), List.of(end), true).get(0).detach().mul(free.to(end.type()));
    Tensor through = slope.mul(pull).reshape(losses.size(0), -1).sum(1).mul(implicit); // [n]
    return ShardLoss.of(losses.add(through.sub(through.detach())), null, logits);
  }

  /** A uniform start and one step, {@code [m, ...]}. */
  private Tensor first(Search.Ground ground) {
    Region region = ground.threat().around(ground.inputs());
    Tensor start = region.apply(region.randomStart(ground.seeds())); // [m, ...]
    Tensor gradient = // [m, ...]
        new Slope(ground.model(), Losses.CE, ground.reference()).gradient(region, start, 0);
    return box(ground.threat(), ground.inputs()).clamp(start.add(gradient, step));
  }

  /** A flag per row, of as many dimensions as {@code like}. */
  private static Tensor rows(boolean[] flags, Tensor like) {
    return Tensors.of(flags, Tensors.perSample(like)).to(like.device());
  }

  /** Ball and domain together. */
  private static Bounds box(ThreatModel threat, Tensor centre) {
    Domain domain = threat.domain();
    return Bounds.ball(centre, threat.epsilon(), domain.low(), domain.high());
  }
}
