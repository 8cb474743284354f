package io.holdfast.evaluate;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.common.Seed;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Rng;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Goal;
import io.holdfast.threat.Knowledge;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What an attack spends on one sample, counted on a linear model: within a ball on one that it
 * cannot fell, without a limit on one that falls, beside an input of another class.
 *
 * @param queries forward passes, each backward pass's forward included
 * @param gradients backward passes
 */
public record AttackCost(long queries, long gradients) {
  private static final Seed SEED = new Seed(28);

  private static final int DRAWS = 64; // of an input of another class
  private static final double MORE = 1.001; // so that rounding leaves no tie

  /** Far more than any change of a linear model in [0, 1] makes up. */
  private static final float OUT_OF_REACH = 1e6f;

  /**
   * Counts.
   *
   * @param shape of one input, such as {@code [1, 28, 28]}
   * @param classes at least 2
   * @throws io.holdfast.common.InvalidInputException if the attack does not take the threat model,
   *     the inputs or so few classes
   */
  public static AttackCost of(Attack attack, ThreatModel threat, long[] shape, int classes) {
    try (Scope scope = Scope.open();
        SharedScope owner = Scope.shared();
        Workers one = Workers.of(1)) {
      int wanted = threat.goal() instanceof Goal.TargetClass goal ? goal.target() : -1;
      float[] lead = new float[classes];
      lead[wanted == 0 ? 1 : 0] = threat.unlimited() ? 0 : OUT_OF_REACH;
      Linear model = new Linear(shape, lead, attack.layers(), owner);
      Tensor sample = sample(model, shape, wanted);
      if (model.prediction(sample) == wanted) { // whatever was drawn: the class gets less
        lead[wanted] -= (float) model.ahead(sample, wanted);
        model = new Linear(shape, lead, attack.layers(), owner);
      }
      int label = model.prediction(sample);
      Tensor x = sample; // [1 or 2, ...]
      if (threat.unlimited()) {
        Near near = Near.of(sample, model, label, wanted);
        lead[near.rival] += (float) near.lead;
        model = new Linear(shape, lead, attack.layers(), owner);
        boolean other = model.prediction(near.x) == near.rival && model.prediction(sample) == label;
        x = other ? Tensors.cat(List.of(sample, near.x), 0) : sample;
      }
      int[] labels = new int[(int) x.size(0)];
      Arrays.fill(labels, label);
      long[] ids = LongStream.range(0, labels.length).toArray();
      AttackResult.Sample spent =
          new AttackDriver(model, threat.knowing(Knowledge.WHITE_BOX), one) // of whatever is asked
              .run(attack, x, labels, ids, SEED)
              .samples()
              .get(0);
      return new AttackCost(spent.queries(), spent.gradients());
    }
  }

  /** One that is not of the wanted class already, which nobody would attack. */
  private static Tensor sample(Linear model, long[] shape, int wanted) {
    Rng random = Rng.of(SEED.split("x"));
    Tensor sample = random.uniform(0, 1, batch(shape)); // [1, ...]
    for (int draw = 0; draw < DRAWS && model.prediction(sample) == wanted; draw++) {
      sample = random.uniform(0, 1, batch(shape));
    }
    return sample;
  }

  /**
   * The input nearest to being of another class than the sample's, among random ones. It has the
   * sample's label beside it, so that it is not attacked.
   *
   * @param x {@code [1, ...]}
   * @param rival that class: the wanted one, if one is wanted
   * @param lead what the rival's logit lacks there, 0 for nothing
   */
  private record Near(Tensor x, int rival, double lead) {
    static Near of(Tensor sample, Linear model, int label, int wanted) {
      Rng random = Rng.of(SEED.split("other"));
      Near nearest = null;
      for (int draw = 0; draw < DRAWS && (nearest == null || nearest.lead > 0); draw++) {
        Near other = at(random.uniform(0, 1, sample.shape()), model, label, wanted);
        nearest = nearest == null || other.lead < nearest.lead ? other : nearest;
      }
      return Objects.requireNonNull(nearest);
    }

    private static Near at(Tensor x, Linear model, int label, int wanted) {
      double[] z = model.logits(x).toDoubles(); // [K]
      int best = model.prediction(x);
      int rival = wanted >= 0 ? wanted : label == 0 ? 1 : 0;
      for (int k = 0; wanted < 0 && k < z.length; k++) {
        rival = k != label && z[k] > z[rival] ? k : rival;
      }
      return new Near(x, rival, best == rival ? 0 : (z[best] - z[rival]) * MORE);
    }
  }

  private static long[] batch(long[] shape) {
    long[] batch = new long[shape.length + 1];
    batch[0] = 1;
    System.arraycopy(shape, 0, batch, 1, shape.length);
    return batch;
  }

  /** Logits {@code x W + lead}; layers of any name, with the inputs' values. */
  private static final class Linear implements Classifier {
    private static final List<String> OWN = List.of("inputs", "logits");

    private final long[] shape;
    private final List<String> layers;
    private final Tensor weights; // [D, K]
    private final Tensor lead; // [1, K]

    Linear(long[] shape, float[] lead, List<String> named, SharedScope owner) {
      this.shape = shape.clone();
      layers = Stream.concat(named.stream(), OWN.stream()).toList();
      long components = Arrays.stream(shape).reduce(1, Math::multiplyExact);
      weights = owner.adopt(Rng.of(SEED.split("w")).normal(components, lead.length));
      this.lead = owner.adopt(Tensors.of(lead, 1, lead.length));
    }

    /** By how much a class is ahead of the best other one on an input, and 1 more. */
    double ahead(Tensor x, int k) {
      double[] z = logits(x).toDoubles(); // [K]
      double own = z[k];
      z[k] = Double.NEGATIVE_INFINITY;
      return own - Arrays.stream(z).max().orElse(own) + 1;
    }

    /** Of one input. */
    int prediction(Tensor x) {
      return (int) logits(x).argmax(1).item();
    }

    @Override
    public int classes() {
      return (int) lead.size(1);
    }

    @Override
    public long[] inputShape() {
      return shape.clone();
    }

    @Override
    public Tensor logits(Tensor x) {
      return x.flatten(1, -1).matmul(weights).add(lead); // [N, K]
    }

    @Override
    public List<String> layers() {
      return layers;
    }

    @Override
    public Tensor activation(Tensor x, String layer) {
      return x.flatten(1, -1); // [N, D]
    }
  }
}
