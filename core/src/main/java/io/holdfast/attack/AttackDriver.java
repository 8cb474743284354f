package io.holdfast.attack;

import io.holdfast.common.Deadline;
import io.holdfast.common.Hashes;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Records;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Gate;
import io.holdfast.model.Classifier;
import io.holdfast.model.TransferClassifier;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.Nn;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.ThreatModel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Runs attacks: shards of samples that still stand over workers, rounds (restarts, targets, members
 * of a union) that fallen samples skip, the float32 verdict by the model itself, the independent
 * check in double that every result is admissible, and the counts. Samples that the model gets
 * wrong already are never touched.
 *
 * <p>The random stream of a sample depends on the seed, the attack's name, the round and the
 * sample's id alone. Shards depend on seed and outcomes, so that any number of workers gives the
 * same bits; another set of samples beside a sample may change it by the rounding of the engine's
 * kernels only, but for decision-based attacks where they begin at other images of the run.
 *
 * <p>A {@link io.holdfast.model.TransferClassifier} is attacked by way of its surrogate: whatever
 * the search asks, it asks the surrogate, so that an attacker who sees no more than the predicted
 * class may use every attack; a point that fools the surrogate and the last of each round are tried
 * on the model, which is a query. So is a point that an attack without gradients has not asked
 * about itself. Where the budget is spent, none is tried.
 *
 * @param model what is attacked
 * @param threat what the attacker may do
 * @param workers that share the work
 * @param precision of the search; verdicts are always float32
 * @param shard most samples per shard, at least 1; 32 suits processors
 * @param progress told how many more samples are done; their sum is the number of samples
 * @param stopper ends the attack between shards, and within a round of all samples together
 * @param deadline ends it within a step, with what is known by then
 * @param gate that every shard passes on its way to a worker; never changes results
 * @param checkpoint keeps where an attack under way stands; empty for none
 */
public record AttackDriver(
    Classifier model,
    ThreatModel threat,
    Workers workers,
    Precision precision,
    int shard,
    LongConsumer progress,
    Stopper stopper,
    Deadline deadline,
    Gate gate,
    Optional<CheckpointFile> checkpoint) {
  /** Samples per shard on processors. */
  public static final int SHARD = 32;

  private static final int FEW = 8; // samples of which a shard of their own is not worth it

  public AttackDriver {
    if (shard < 1) {
      throw new IllegalArgumentException("shard: at least 1 sample, found " + shard);
    }
  }

  /** A search in float32 with shards of {@link #SHARD}. */
  public AttackDriver(Classifier model, ThreatModel threat, Workers workers) {
    this(
        model,
        threat,
        workers,
        Precision.FLOAT32,
        SHARD,
        n -> {},
        Stopper.manual(),
        Deadline.none(),
        Gate.OPEN,
        Optional.empty());
  }

  public AttackDriver withPrecision(Precision search) {
    return Records.with(this, "precision", search);
  }

  /** The same for another threat model. */
  public AttackDriver withThreat(ThreatModel other) {
    return Records.with(this, "threat", other);
  }

  public AttackDriver withShard(int samples) {
    return Records.with(this, "shard", samples);
  }

  public AttackDriver withProgress(LongConsumer listener) {
    return Records.with(this, "progress", listener);
  }

  /** Looked at before every shard. */
  public AttackDriver withStopper(Stopper flag) {
    return Records.with(this, "stopper", flag);
  }

  /**
   * When it has passed, samples that still stand are left unfinished; those that fell stay fallen.
   * Where the smallest change is wanted, the smallest that was found by then is confirmed, but the
   * sample is unfinished all the same.
   */
  public AttackDriver withDeadline(Deadline end) {
    return Records.with(this, "deadline", end);
  }

  /** Passed by every shard on its way to a worker. */
  public AttackDriver withGate(Gate way) {
    return Records.with(this, "gate", way);
  }

  /**
   * Keeps where an attack stands in a file while it runs: one that was killed or stopped goes on
   * from there when the same is run again, and ends with the same bits. The file stays when the
   * attack ends, and the next attack takes its place. Nothing is kept where model or surrogate draw
   * random numbers.
   */
  public AttackDriver withCheckpoint(CheckpointFile file) {
    return Records.with(this, "checkpoint", Optional.of(file));
  }

  /**
   * Refuses an attack that does not go together with model and threat model.
   *
   * @throws InvalidInputException naming everything that does not fit
   */
  public void check(Attack attack) {
    DriverChecks.require(this, attack);
  }

  /**
   * Attacks every sample that the model gets right.
   *
   * @param x clean inputs {@code [N, ...]}, float32, inside the domain; left as they are, and
   *     copied to where the model computes
   * @param labels one per input
   * @param ids stable ids, one per input; equal ids get equal random streams
   * @throws InvalidInputException if inputs, labels, attack and threat model do not go together
   * @throws HoldfastException if the model gives NaN or infinity, or the attack leaves the threat
   *     model
   */
  public AttackResult run(Attack attack, Tensor x, int[] labels, long[] ids, Seed seed) {
    DriverChecks.require(this, attack, x, labels, ids);
    try (Passes passes = new Passes(model, precision)) {
      String where = "attack " + attack.key();
      Tensor there = x.to(model.device()); // [N, ...]
      AttackRun run = new AttackRun(where, model, threat, there, labels, ids, deadline, stopper);
      int[] all = IntStream.range(0, labels.length).toArray();
      overShards(all, shard, run::look);
      CheckpointFile file = stochastic() ? null : checkpoint.orElse(null);
      String identity = file == null ? "" : identity(file, attack, run, seed);
      Checkpoint kept = new Checkpoint(file, identity, run, threat);
      Checkpoint.Position from = kept.restore();
      progress.accept(labels.length - standing(run).length);
      stages(new Job(attack, run, kept, seed), passes, from);
      if (run.isCut()) {
        kept.told();
      }
      return result(attack, run, seed, x.device(), kept.earlierSeconds());
    }
  }

  /** Float32 where every stage needs it. */
  private Precision search(Attack attack) {
    boolean exact = attack.stages(threat, model.classes()).stream().allMatch(Attack::exact);
    return exact ? Precision.FLOAT32 : precision;
  }

  private boolean stochastic() {
    boolean surrogate = model instanceof TransferClassifier t && t.surrogate().stochastic();
    return surrogate || model.stochastic();
  }

  /** Of all that decides the result. */
  private String identity(CheckpointFile file, Attack attack, AttackRun run, Seed seed) {
    MessageDigest digest = Hashes.sha256();
    String settings =
        String.join(
            "\n",
            file.of(),
            attack.key(),
            threat.toSettings().toJson(),
            precision.text(),
            Integer.toString(shard),
            Long.toString(seed.value()));
    digest.update(settings.getBytes(StandardCharsets.UTF_8));
    run.digest(digest);
    if (model instanceof TransferClassifier transfer) {
      try (Scope scope = Scope.open();
          NoGrad off = NoGrad.on()) {
        int[] first = {0};
        Tensor answers = transfer.surrogate().logits(run.inputs(first)); // [1, K]
        digest.update(Arrays.toString(answers.toFloats()).getBytes(StandardCharsets.UTF_8));
      }
    }
    return Hashes.hex(digest);
  }

  /** One attack under way. */
  private record Job(Attack attack, AttackRun run, Checkpoint kept, Seed seed) {}

  private void stages(Job job, Passes passes, Checkpoint.Position from) {
    AttackRun run = job.run();
    List<Attack> stages = job.attack().stages(threat, model.classes());
    for (int s = from.stage(); s < stages.size() && !run.isCut(); s++) {
      Attack stage = stages.get(s);
      boolean first = s == from.stage();
      StageNotes notes =
          StageNotes.begin(run, stage, passes.of(stage), first ? from.before() : null);
      rounds(job, s, notes, first ? from.round() : 0);
      if (stages.size() > 1) {
        notes.end();
      }
    }
    progress.accept(standing(run).length);
  }

  /** The rounds of a stage, the members of a union in turn, counted one by one. */
  private void rounds(Job job, int number, StageNotes notes, int from) {
    AttackRun run = job.run();
    Attack stage = notes.stage();
    List<ThreatModel> members = threat.members();
    int most = members.stream().mapToInt(member -> count(stage, member)).max().orElse(0);
    for (int turn = from; turn < most * members.size() && !run.isCut(); turn++) {
      int round = turn / members.size();
      int m = turn % members.size();
      ThreatModel member = members.get(m);
      if (round < count(stage, member)) {
        Seed stream = job.seed().split(stage.name()).split(round).split(m);
        int target = round % stage.targeting().rounds(stage, member, model.classes());
        job.kept().begin(number, turn, notes.before());
        attackAll(new Round(stage, member, round, target, stream), run, job.kept());
      }
    }
  }

  /** Rounds against one member. */
  private int count(Attack attack, ThreatModel member) {
    long targets = attack.targeting().rounds(attack, member, model.classes());
    long most = Integer.MAX_VALUE / threat.members().size(); // of turns over all members
    return (int) Math.min(most, attack.restarts(member) * targets);
  }

  private void attackAll(Round round, AttackRun run, Checkpoint kept) {
    int[] rows =
        Arrays.stream(standing(run))
            .filter(row -> round.attack().tries(run.prospect(row, round.number())))
            .toArray();
    run.tried(rows);
    boolean together = round.attack().scope() == SampleScope.UNIVERSAL;
    int size = together ? Math.max(1, rows.length) : evenly(rows.length);
    overShards(rows, size, part -> attackShard(round, run, part, kept));
    progress.accept(Arrays.stream(rows).filter(row -> !run.standing[row]).count());
  }

  /**
   * The size of equal shards, an even number of them where two are worth it: on two workers three
   * would take as long as four. It does not depend on the workers, so that they change no bit.
   */
  private int evenly(int rows) {
    int needed = (rows + shard - 1) / shard;
    int shards = rows < 2 * FEW ? Math.max(1, needed) : Math.max(2, needed + needed % 2);
    return Math.max(1, (rows + shards - 1) / shards);
  }

  /** One pass of the attack over the samples that stand. */
  private record Round(Attack attack, ThreatModel member, int number, int target, Seed stream) {}

  private void attackShard(Round round, AttackRun run, int[] rows, Checkpoint kept) {
    if (kept.take(rows)) {
      return;
    }
    try (SharedScope owner = Scope.shared()) {
      List<Seed> seeds = Arrays.stream(run.ids(rows)).mapToObj(round.stream()::split).toList();
      AttackTask task =
          new AttackTask(
              run, round.member(), round.number(), rows, seeds, reference(round, run, rows), owner);
      if (search(round.attack(), task, run)) {
        kept.done(rows);
      }
    }
  }

  /** Whether it came to its end before the deadline. */
  private static boolean search(Attack attack, AttackTask task, AttackRun run) {
    try {
      task.finish(attack.perturb(task));
      return true;
    } catch (OutOfTime e) {
      run.cut();
      task.confirmSmallest();
      return false;
    }
  }

  private Reference reference(Round round, AttackRun run, int[] rows) {
    long[] labels = Arrays.stream(rows).mapToLong(run::label).toArray();
    long[] targets = Arrays.stream(rows).mapToLong(row -> target(round, run, row)).toArray();
    return new Reference(
        onDevice(labels, run),
        targets[0] < 0 ? null : onDevice(targets, run),
        Nn.softmax(searched(run, rows), 1)); // [n, K]
  }

  /** The clean logits of the model that the search asks, {@code [n, K]}. */
  private static Tensor searched(AttackRun run, int[] rows) {
    return run.transfers() ? run.gradients().logits(run.inputs(rows)) : run.cleanLogits(rows);
  }

  private static Tensor onDevice(long[] values, AttackRun run) {
    return Tensors.of(values, values.length).to(run.results.adversarial.device());
  }

  /** The class that a round steers towards, or -1 for away from the label. */
  private static int target(Round round, AttackRun run, int row) {
    if (run.wanted[row] >= 0) {
      return run.wanted[row];
    }
    return switch (round.attack().targeting()) {
      case GOAL -> -1;
      case ALL -> run.targets(row)[round.target()];
      case LEAST_LIKELY -> run.leastLikely(row);
    };
  }

  private static int[] standing(AttackRun run) {
    return IntStream.range(0, run.standing.length).filter(i -> run.standing[i]).toArray();
  }

  private void overShards(int[] rows, int size, Consumer<int[]> work) {
    int shards = (rows.length + size - 1) / size;
    workers.map(
        shards,
        s -> {
          stopper.check();
          int[] part = Arrays.copyOfRange(rows, s * size, Math.min(rows.length, (s + 1) * size));
          return gate.pass(
              () -> {
                work.accept(part);
                return Boolean.TRUE;
              });
        });
  }

  private AttackResult result(
      Attack attack, AttackRun run, Seed seed, Device back, double earlierSeconds) {
    List<AttackResult.Sample> samples = new ArrayList<>();
    for (int i = 0; i < run.fell.length; i++) {
      samples.add(sample(run, i));
    }
    return new AttackResult(
        attack.key(),
        seed.value(),
        shard,
        search(attack).text(),
        run.results.adversarial.to(back),
        List.copyOf(samples),
        earlierSeconds);
  }

  private AttackResult.Sample sample(AttackRun run, int row) {
    float[] z = run.results.logits[row];
    int label = run.label(row);
    int clean = Logits.best(run.cleanLogits[row]);
    Outcome outcome =
        clean != label ? Outcome.SKIPPED_WRONG : run.fell[row] ? Outcome.FELL : Outcome.HELD;
    boolean finished = !(run.isCut() && run.standing[row]);
    return new AttackResult.Sample(
        run.ids(new int[] {row})[0],
        label,
        outcome,
        clean,
        Logits.best(z),
        Logits.probability(z, Logits.best(z)),
        Logits.probability(z, label),
        Logits.margin(z, label, run.wanted[row]),
        run.measure(row),
        run.queries[row],
        run.gradientCounts[row],
        run.checks[row],
        run.stages.get(row),
        finished,
        run.results.witness(row));
  }
}
