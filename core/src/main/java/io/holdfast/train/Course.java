package io.holdfast.train;

import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.SearchRule;
import io.holdfast.model.InputGradients;
import io.holdfast.model.TapeGradients;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainResult.Validation;
import org.jspecify.annotations.Nullable;

/** What changes in the course of a run: learning rate, strength of the adversary, his search. */
final class Course implements Forecast.Work {
  private final TrainJob job;
  private final TrainSettings settings;
  private final RunState state;
  private final @Nullable Watch watch;
  private final int classes;

  Course(TrainJob job, RunState state, @Nullable Watch watch) {
    this.job = job;
    this.state = state;
    this.watch = watch;
    settings = job.settings();
    classes = NetworkClassifier.classes(job.network().graph());
  }

  /** Of training, from 0 to just below 1: what closes a run is at the end of its last step. */
  double progress() {
    return Math.min(state.effort.progress(state.counters.step()), Math.nextDown(1.0));
  }

  /** Learning rate. */
  double rate() {
    double z = progress();
    Swa swa = settings.methods().swa();
    Double constant = swa == null || z < swa.from() ? null : swa.rate();
    double factor = constant == null ? settings.optimiser().schedule().at(z) : constant;
    return settings.optimiser().learningRate() * factor;
  }

  /** Progress of curricula. */
  private double strength() {
    return strength(progress());
  }

  private double strength(double z) {
    Advance advance = settings.methods().advance();
    Advance.State at = state.counters.advance();
    return advance == null || at == null ? z : advance.progress(at);
  }

  /** At its present strength. */
  @Nullable ThreatModel threat() {
    ThreatModel threat = job.threat();
    double share = settings.radius().at(strength());
    return threat == null ? null : threat.withEpsilon(threat.epsilon() * share);
  }

  /** All of it. */
  BatchStep.Moment moment(InputGradients gradients) {
    Adversary search = search();
    return new BatchStep.Moment(
        progress(),
        strength(),
        strength(state.effort.progress(firstOfBatch(search))),
        threat(),
        search,
        network().graph(),
        gradients);
  }

  /** The first step on the present batch, which free training takes several times. */
  private long firstOfBatch(Adversary search) {
    long step = state.counters.step();
    return search.inner().rule() instanceof SearchRule.Free free
        ? step - step % free.replays()
        : step;
  }

  /** For images of the present size. */
  private Network network() {
    Resizing resizing = settings.methods().resizing();
    return resizing == null ? job.network() : resizing.network(job.network(), progress());
  }

  /** At its present strength, remedies included. */
  Adversary search() {
    return remedied(state.effort.limited(inner(strength())));
  }

  /** Remedies come last: they answer to what the search has become. */
  private Adversary remedied(InnerMaximiser inner) {
    Adversary search = new Adversary(inner, settings.methods().gradAlign());
    return watch == null ? search : watch.after(search);
  }

  /** Batches are taken several times for the sake of a search alone. */
  private InnerMaximiser inner(double strength) {
    InnerMaximiser planned = job.inner();
    boolean searches = settings.objective().adversarial();
    boolean free = planned.rule() instanceof SearchRule.Free;
    return (free && !searches ? planned.by(SearchRule.PROJECTED) : planned)
        .withSteps((int) Math.round(settings.steps().at(strength)));
  }

  /** {@inheritDoc} Curricula that go by accuracy are taken to stay where they are. */
  @Override
  public StepCost.Amount amount(Effort effort, double z) {
    double strength = strength(z);
    InnerMaximiser inner = remedied(effort.limited(inner(strength))).inner();
    LibraryFeed library = job.library();
    double saved = library == null ? 0 : library.mix().ratio().at(strength);
    double clean = effort.cleanShare(settings.cleanShare().at(strength), z);
    return new StepCost.Amount(
        gradients(inner, TrainingCost.unsearched(clean, saved), z),
        TrainingCost.fixed(settings, job.threat(), classes, z));
  }

  @Override
  public double area(double z) {
    return Resizing.area(settings.methods().resizing(), job.network().graph(), z);
  }

  private double gradients(InnerMaximiser inner, double unsearched, double progress) {
    return TrainingCost.searching(
        settings, inner, job.threat(), inner.steps(), unsearched, progress);
  }

  /** Logits and input gradients of the present weights, in evaluation mode. */
  InputGradients gradients() {
    NetworkClassifier model = network().classifier();
    return settings.objective().adversarial()
        ? model.gradients(settings.precision())
        : new TapeGradients(model, settings.precision());
  }

  /** Progress of curricula that go by accuracy, in [0, 1]; null where they go by time. */
  @Nullable Double level() {
    Advance advance = settings.methods().advance();
    Advance.State at = state.counters.advance();
    return advance == null || at == null ? null : advance.progress(at);
  }

  /** Says so where curricula that go by accuracy never came to their end. */
  void tellWhereItEnds() {
    Advance advance = settings.methods().advance();
    Advance.State at = state.counters.advance();
    if (advance != null && at != null && !advance.wasWhole(at)) {
      job.progress()
          .note(
              "training ended before train.curriculum.advance had brought an epoch at the whole"
                  + " strength of its curricula: lower reach, or let levels end sooner by longest");
    }
  }

  /**
   * Lets curricula that go by accuracy go on where it is time.
   *
   * @param now the validation at full strength
   */
  void moveOn(Validator validator, Validation now, int epoch) {
    Advance advance = settings.methods().advance();
    Advance.State at = state.counters.advance();
    if (advance == null || at == null) {
      return;
    }
    boolean whole = settings.radius().at(strength()) == 1;
    Double robust =
        whole
            ? now.robust()
            : validator.measure(state.current().classifier(), epoch, threat()).robust();
    state.counters =
        state.counters.with(
            advance.next(at, robust == null ? 0 : robust, epoch, settings.epochs()));
  }
}
