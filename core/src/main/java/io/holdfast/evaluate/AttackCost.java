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
      Tensor x = withOther(sample, model, threat, shape); // [1 or 2, ...]
      int[] labels = new int[(int) x.size(0)];
      Arrays.fill(labels, model.prediction(sample));
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
   * The sample and, where the model can say another class, an input of that class: it has the
   * sample's label, so that it is not attacked.
   */
  private static Tensor withOther(Tensor sample, Linear model, ThreatModel threat, long[] shape) {
    Rng random = Rng.of(SEED.split("other"));
    int label = model.prediction(sample);
    for (int draw = 0; threat.unlimited() && draw < DRAWS; draw++) {
      Tensor other = random.uniform(0, 1, batch(shape)); // [1, ...]
      if (model.prediction(other) != label) {
        return Tensors.cat(List.of(sample, other), 0); // [2, ...]
      }
    }
    return sample;
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
