package io.holdfast.train;

import io.holdfast.attack.SearchRule;
import io.holdfast.common.governor.Gate;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Guide;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The shards of a step, over the workers: once, or twice where weights are perturbed. */
final class BatchStep {
  /**
   * What all passes at one moment of a run share.
   *
   * @param z progress in [0, 1]
   * @param strength progress of curricula in [0, 1]
   * @param mixing the same of saved examples, as it was when the batch was seen first
   * @param threat at this moment's strength, or null
   * @param search at this moment's strength
   * @param graph of the network for images of this moment's size
   * @param gradients of the present weights in evaluation mode, for such images
   */
  record Moment(
      double z,
      double strength,
      double mixing,
      @Nullable ThreatModel threat,
      Adversary search,
      Graph graph,
      InputGradients gradients) {}

  private static final int WATCHED = 8; // each so many steps

  private final TrainJob job;
  private final TrainSettings settings;
  private final Shards shards;
  private final boolean synchronised;
  private final Map<Guide, InputGradients> guides;
  private final Gate gate;
  private @Nullable Standing standing; // by which samples are drawn at present
  private SearchLengths lengths;

  /**
   * The steps of a run.
   *
   * @param guides other models that the objective learns from
   * @param gate that shards pass, but for those that wait for each other
   */
  BatchStep(TrainJob job, Shards shards, Map<Guide, InputGradients> guides, Gate gate) {
    this.job = job;
    this.gate = gate;
    this.guides = guides;
    this.shards = shards;
    settings = job.settings();
    synchronised = synchronises(job);
    lengths = SearchLengths.of(job, settings.methods().selection());
  }

  /** Goes by what is weak at present. */
  private void select(RunState state) {
    Standing now = state.counters.standing();
    Selection selection = Objects.equals(now, standing) ? null : state.selection();
    if (selection != null) {
      shards.draw(selection.draws(job.train()));
      lengths = SearchLengths.of(job, selection);
      standing = now;
    }
  }

  /** Whether shards meet at batch norms. */
  static boolean synchronises(TrainJob job) {
    return job.settings().synchronised()
        && job.network().graph().nodes().stream().anyMatch(n -> n.layer() instanceof BatchNorm);
  }

  /**
   * What the shards of the state's next step hand back, its gradients taken where the settings want
   * them.
   *
   * @param owner of what is handed back
   */
  List<ShardResult> run(RunState state, Moment now, SharedScope owner) {
    long step = state.counters.step();
    WeightPerturbation perturbation = settings.methods().perturbation();
    if (perturbation == null || !perturbation.works(now.z())) {
      return compute(common(state, step, now, owner, StepPass.ONLY));
    }
    List<ShardResult> here = compute(common(state, step, now, owner, StepPass.FIRST));
    Map<String, Tensor> moved = moved(perturbation, state, here, owner);
    List<List<Tensor>> answers = here.stream().map(ShardResult::answers).toList();
    List<ShardResult> there =
        compute(common(state, step, now, owner, StepPass.again(moved, answers)));
    List<ShardResult> both = new ArrayList<>();
    for (int i = 0; i < here.size(); i++) {
      both.add(here.get(i).withGradients(there.get(i).gradients()));
    }
    return both;
  }

  /**
   * What the shards of the state's next step hand back for the network that is trained beside;
   * empty where there is none. An expert for clean inputs learns the same samples in a pass of its
   * own, in which saved examples take nobody's place.
   *
   * @param owner of what is handed back
   * @param own what they handed back for the network itself
   */
  List<ShardResult> ofBeside(RunState state, Moment now, SharedScope owner, List<ShardResult> own) {
    NetworkBeside beside = state.beside;
    if (beside == null) {
      return List.of();
    }
    if (settings.objective().trainsBeside()) {
      return own.stream().map(shard -> Objects.requireNonNull(shard.beside())).toList();
    }
    StepPass pass = StepPass.clean(beside.network().weights());
    return compute(common(state, state.counters.step(), now, owner, pass));
  }

  private Map<String, Tensor> moved(
      WeightPerturbation perturbation, RunState state, List<ShardResult> here, SharedScope owner) {
    try (Scope scope = Scope.open()) {
      List<Tensor> total = Update.gradient(here, state.counters.step(), job.workers());
      Map<String, Tensor> named =
          perturbation.byName(job.network().trainable(), state.trainable, total);
      named.replaceAll((name, weight) -> owner.adopt(weight));
      return named;
    }
  }

  /**
   * Gives the batch norms of the mean of weights the statistics of the latest steps' batches, seen
   * through that mean: the plain average over the batches (Izmailov et al. 2018, section 3.2).
   * Where samples are drawn by what is measured, batches of an epoch before are drawn as this
   * one's.
   *
   * @param batches at most so many
   */
  void measureStatistics(RunState state, int batches, Moment now) {
    Network mean = state.current();
    boolean normed =
        mean.graph().nodes().stream()
            .anyMatch(n -> n.layer() instanceof BatchNorm && !mean.frozen().contains(n.name()));
    long end = state.counters.step();
    int replays = replays(now);
    long turns = (end + replays - 1) / replays;
    long first = Math.max(0, turns - batches);
    for (long turn = first; normed && turn < turns; turn++) {
      long step = Math.min(end, (turn + 1) * replays) - 1;
      double share = 1.0 / (turn - first + 1);
      try (SharedScope owner = Scope.shared();
          Scope scope = Scope.open()) {
        StepPass pass = StepPass.statistics(mean.weights());
        List<ShardResult> seen = compute(common(state, step, now, owner, pass));
        Update.moveStatistics(mean, seen, norm -> share);
      }
    }
  }

  private SharedStep common(
      RunState state, long step, Moment now, SharedScope owner, StepPass pass) {
    select(state);
    LibraryFeed library = job.library();
    int size = shards.batchSize();
    SearchRule rule = now.search().inner().rule();
    int replays = replays(now);
    boolean fresh = rule instanceof SearchRule.Free free && free.reset() && step % replays == 0;
    long turn = step / replays;
    int epoch = (int) (turn / shards.stepsPerEpoch());
    boolean watched = step % shards.stepsPerEpoch() % WATCHED == 0;
    return new SharedStep(
        job,
        new SharedStep.Batch(step, turn, epoch, size, watched, shards.drawn()),
        now,
        state.effort.cleanShare(settings.cleanShare().at(now.strength()), now.z()),
        guides,
        owner,
        library == null || pass.clean()
            ? List.of()
            : library.places(turn, now.mixing(), size, job.seed()),
        lengths,
        pass,
        new SharedStep.Kept(
            fresh ? List.of() : state.carried(),
            state.warm,
            state.memory,
            state.figures,
            beside(state)));
  }

  private Map<String, Tensor> beside(RunState state) {
    return state.beside != null && settings.objective().trainsBeside()
        ? state.beside.network().weights()
        : Map.of();
  }

  /** Steps that each batch is taken for. */
  private static int replays(Moment now) {
    return now.search().inner().rule() instanceof SearchRule.Free free ? free.replays() : 1;
  }

  private List<ShardResult> compute(SharedStep common) {
    List<int[]> parts = shards.at(common.batch().turn());
    boolean meets = synchronised || (settings.objective().acrossBatch() && !common.pass().clean());
    if (meets && parts.size() > 1) {
      return job.workers()
          .mapTogether(
              parts.size(),
              meeting ->
                  ShardStep.compute(common, meeting.shard(), parts.get(meeting.shard()), meeting));
    }
    return job.workers()
        .map(parts.size(), i -> gate.pass(() -> ShardStep.compute(common, i, parts.get(i), null)));
  }
}
