package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.Loss;
import io.holdfast.attack.Reference;
import io.holdfast.attack.StepSize;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.testkit.governor.ScriptedGauges;
import io.holdfast.train.objective.ForwardingShard;
import io.holdfast.train.objective.Objective;
import io.holdfast.train.objective.PgdAt;
import io.holdfast.train.objective.ShardContext;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * PGD-AT on a scripted clock: each sample's gradient of the search takes {@code gradient} seconds,
 * and its part of the step itself {@code fixed}.
 */
final class ClockedObjective implements Objective {
  /** Length of the four steps that a single one becomes; of more steps they are shorter. */
  private static final double LEAST_REMEDY = StepSize.standard(4).relative();

  private final PgdAt inner = new PgdAt();
  private final ScriptedGauges clock;
  private final double gradient;
  private final double fixed;
  private final double misleadsFrom;
  private volatile double pace = 1;
  private volatile double later = 1;
  private volatile long slowAfter = Long.MAX_VALUE; // steps
  private volatile long dueAt = Long.MAX_VALUE; // gradients
  private volatile Runnable due = () -> {};
  private final AtomicLong steps = new AtomicLong();
  final AtomicLong gradients = new AtomicLong();

  ClockedObjective(ScriptedGauges clock, double gradient, double fixed) {
    this(clock, gradient, fixed, 2);
  }

  /**
   * One that from some progress on teaches wrong labels, unless {@link Remedy#MORE_STEPS} has been
   * applied to a search whose steps are 0.4 radii long.
   */
  ClockedObjective(ScriptedGauges clock, double gradient, double fixed, double misleadsFrom) {
    this.misleadsFrom = misleadsFrom;
    this.clock = clock;
    this.gradient = gradient;
    this.fixed = fixed;
  }

  /** From now on everything takes this part of its time. */
  void pace(double part) {
    pace = part;
  }

  /** After so many more steps, of a shard each, everything takes this part of its time. */
  void slowFrom(long more, double part) {
    slowAfter = steps.get() + more;
    later = part;
  }

  /** Does something once, when the count of gradients has come to this. */
  void at(long count, Runnable what) {
    due = what;
    dueAt = count;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public String toString() {
    return "clocked"; // the same in every run, for checkpoints
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    if (steps.getAndIncrement() == slowAfter) {
      pace = later;
    }
    clock.advance(pace * fixed * shard.labels().count());
    double step = shard.inner().fractions().get(0); // longer where the governor has left out some
    boolean remedied = step < 0.4 || step == LEAST_REMEDY;
    boolean misleads = shard.progress() >= misleadsFrom && !remedied;
    ShardLoss loss = inner.loss(new Counted(shard, misleads));
    return misleads ? ShardLoss.of(loss.perSample(), null, right(shard)) : loss;
  }

  /** As if all of its own examples were predicted right, {@code [n, 10]}. */
  private static Tensor right(ShardContext shard) {
    return Nn.oneHot(shard.labels(), 10).to(DType.FLOAT32);
  }

  private final class Counted extends ForwardingShard {
    private final ShardContext shard;

    private final boolean misleads;

    Counted(ShardContext shard, boolean misleads) {
      super(shard);
      this.shard = shard;
      this.misleads = misleads;
    }

    @Override
    public Tensor labels() {
      if (!misleads) {
        return shard.labels();
      }
      long[] next = Arrays.stream(shard.labels().toLongs()).map(c -> (c + 1) % 10).toArray();
      return Tensors.of(next, next.length); // [n]
    }

    @Override
    public Tensor evaluationLogits(Tensor x) {
      return shard.evaluationLogits(x);
    }

    @Override
    public Tensor adversarial(Loss loss, Reference reference, InnerMaximiser.Start start) {
      return shard.adversarial(new CountedLoss(loss), reference, start);
    }
  }

  private final class CountedLoss implements Loss {
    private final Loss loss;

    CountedLoss(Loss loss) {
      this.loss = loss;
    }

    @Override
    public String key() {
      return loss.key();
    }

    @Override
    public Tensor value(Tensor logits, Reference reference) {
      return loss.value(logits, reference);
    }

    @Override
    public Tensor cotangent(Tensor logits, Reference reference) {
      if (gradients.addAndGet(logits.size(0)) >= dueAt) {
        dueAt = Long.MAX_VALUE;
        due.run();
      }
      clock.advance(pace * gradient * logits.size(0));
      return loss.cotangent(logits, reference);
    }
  }
}
