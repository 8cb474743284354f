package io.holdfast.train;

import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.InnerMaximiser;
import io.holdfast.attack.gradient.Pgd;
import io.holdfast.common.Hashes;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.MetricsLog;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.data.Dataset;
import io.holdfast.model.InputGradients;
import io.holdfast.model.graph.BatchStatistics;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.layer.BatchNorm;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.TrainResult.Validation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The one training loop. Shards of each batch go over the workers; gradients are added up in shard
 * order, so that any number of workers gives the same weights, bit for bit, and a resumed run those
 * of an uninterrupted one.
 */
public final class Trainer implements AutoCloseable {
  private static final String METRICS = "metrics.jsonl";

  private final TrainJob job;
  private final TrainSettings settings;
  private final Network network;
  private final Shards shards;
  private final long totalSteps;
  private final List<Tensor> weights;
  private final Optimiser optimiser;
  private final @Nullable Network average;
  private final SharedScope keptOwner = Scope.shared();
  private final Map<String, Tensor> kept = new LinkedHashMap<>();
  private final String fingerprint;

  private @Nullable MetricsLog metrics;
  private long step;
  private @Nullable Validation best;
  private @Nullable Validation last;
  private boolean stopped;
  private long lastSave = System.nanoTime();

  private Trainer(TrainJob job) {
    this.job = job;
    settings = job.settings();
    network = job.network();
    shards = new Shards(job.train().size(), settings.batch(), settings.shard(), job.seed());
    totalSteps = (long) shards.stepsPerEpoch() * settings.epochs();
    weights = network.trainable().stream().map(p -> network.weight(p.name())).toList();
    optimiser = settings.optimiser().create(weights);
    average = settings.averaging() > 0 ? network.copy() : null;
    fingerprint = fingerprint();
  }

  /**
   * Trains the job's network in place.
   *
   * @throws RunInterruptedException if a stop was requested; a checkpoint was written before
   * @throws HoldfastException if training diverges or a file cannot be written
   * @throws InvalidInputException if the checkpoint to resume belongs to another run
   */
  public static TrainResult train(TrainJob job) {
    if (job.settings().objective().adversarial() && job.threat() == null) {
      throw new InvalidInputException(
          "training", "threat", "a threat model for " + job.settings().objective().name(), "none");
    }
    try (Trainer trainer = new Trainer(job)) {
      return trainer.run();
    }
  }

  private String fingerprint() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("settings", settings.fingerprint());
    all.put("inner", job.inner().toString());
    all.put("augmentation", job.augmentation().toString());
    all.put("threat", String.valueOf(job.threat()));
    all.put("data", job.train().contentHash() + "/" + job.train().size());
    Dataset validation = job.validation();
    all.put("validation", validation == null ? "" : String.valueOf(validation.size()));
    all.put("seed", job.seed().value());
    all.put("graph", network.graph().toString());
    all.put("frozen", network.frozen());
    all.put("start", network.hash());
    return Hashes.sha256Hex(Json.canonical(all).getBytes(StandardCharsets.UTF_8));
  }

  private TrainResult run() {
    Path folder = job.folder();
    if (folder != null) {
      open(folder);
    }
    String title = settings.objective().name();
    try (Progress.Task task =
        job.progress().start("training " + title, totalSteps * settings.batch(), "images")) {
      task.skip(step * settings.batch());
      while (step < totalSteps && !stopped) {
        checkStop();
        advance(task);
      }
    }
    Validation result = adopt();
    int epochs = (int) ((step + shards.stepsPerEpoch() - 1) / shards.stepsPerEpoch());
    return new TrainResult(step, epochs, stopped, result);
  }

  private void checkStop() {
    if (job.stopper().isRequested()) {
      save();
      job.stopper().check();
    }
  }

  // ---- one step

  private void advance(Progress.Task task) {
    long begin = System.nanoTime();
    double z = (double) step / totalSteps;
    int epoch = (int) (step / shards.stepsPerEpoch());
    double rate = settings.optimiser().learningRate() * settings.optimiser().schedule().at(z);
    List<int[]> parts = shards.at(step);
    int batch = parts.stream().mapToInt(p -> p.length).sum();
    ThreatModel threat = job.threat();
    ThreatModel now =
        threat == null ? null : threat.withEpsilon(threat.epsilon() * settings.radius().at(z));
    InnerMaximiser inner = job.inner().withSteps((int) Math.round(settings.steps().at(z)));
    List<ShardStep.Result> results;
    double norm;
    try (SharedScope owner = Scope.shared();
        InputGradients gradients = network.classifier().gradients(settings.precision())) {
      ShardStep.Common common =
          new ShardStep.Common(
              job, step, epoch, batch, now, inner, settings.cleanShare().at(z), gradients);
      results =
          job.workers().map(parts.size(), i -> ShardStep.compute(common, i, parts.get(i), owner));
      norm = update(results, rate);
    }
    step++;
    record(results, batch, epoch, rate, now, norm, (System.nanoTime() - begin) / 1e9, task);
    if (step % shards.stepsPerEpoch() == 0) {
      endEpoch(epoch, task);
    }
    if (step % settings.checkpointSteps() == 0
        || System.nanoTime() - lastSave > settings.checkpointSeconds() * 1e9) {
      save();
    }
  }

  /** Adds up gradients in shard order and changes the weights; returns the gradient's norm. */
  private double update(List<ShardStep.Result> results, double rate) {
    try (Scope scope = Scope.open()) {
      List<Tensor> total = new ArrayList<>(results.get(0).gradients());
      for (ShardStep.Result r : results.subList(1, results.size())) {
        for (int i = 0; i < total.size(); i++) {
          total.get(i).addInPlace(r.gradients().get(i));
        }
      }
      double square = 0;
      for (Tensor g : total) {
        square += g.square().sum().item();
      }
      double norm = Math.sqrt(square);
      if (!Double.isFinite(norm)) {
        throw new HoldfastException(
            "training diverged: the gradient's norm is "
                + norm
                + " at step "
                + step
                + "; try a smaller train.optimiser.learning_rate, or train.gradient_clip: 1");
      }
      if (settings.gradientClip() > 0 && norm > settings.gradientClip()) {
        total.forEach(g -> g.mulInPlace(settings.gradientClip() / norm));
      }
      optimiser.step(weights, total, rate);
      updateStatistics(results);
      updateAverage();
      return norm;
    }
  }

  /**
   * Running statistics move by the batch norm's momentum towards the average over the shards (and
   * over the forward passes of an objective that makes several).
   */
  private void updateStatistics(List<ShardStep.Result> results) {
    Map<String, List<BatchStatistics>> byNode = new LinkedHashMap<>();
    for (ShardStep.Result r : results) {
      for (BatchStatistics s : r.statistics()) {
        byNode.computeIfAbsent(s.node(), n -> new ArrayList<>()).add(s);
      }
    }
    byNode.forEach(
        (node, seen) -> {
          if (network.frozen().contains(node)
              || !(network.graph().node(node).layer() instanceof BatchNorm norm)) {
            return;
          }
          Tensor mean = Tensors.zerosLike(seen.get(0).mean());
          Tensor variance = Tensors.zerosLike(mean);
          for (BatchStatistics s : seen) {
            double unbiased = s.count() > 1 ? (double) s.count() / (s.count() - 1) : 1;
            mean.addInPlace(s.mean(), 1.0 / seen.size());
            variance.addInPlace(s.variance(), unbiased / seen.size());
          }
          double m = norm.momentum();
          network.weight(node + ".running_mean").mulInPlace(1 - m).addInPlace(mean, m);
          network.weight(node + ".running_var").mulInPlace(1 - m).addInPlace(variance, m);
        });
  }

  private void updateAverage() {
    if (average == null) {
      return;
    }
    double decay = settings.averaging();
    for (Graph.Parameter p : network.graph().parameters()) {
      Tensor to = average.weight(p.name());
      Tensor from = network.weight(p.name());
      if (p.spec().kind().learned()) {
        to.mulInPlace(decay).addInPlace(from, 1 - decay);
      } else {
        to.copyFrom(from);
      }
    }
  }

  private void record(
      List<ShardStep.Result> results,
      int batch,
      int epoch,
      double rate,
      @Nullable ThreatModel threat,
      double norm,
      double seconds,
      Progress.Task task) {
    double loss = results.stream().mapToDouble(ShardStep.Result::loss).sum() / batch;
    int clean = results.stream().mapToInt(ShardStep.Result::clean).sum();
    int robust = results.stream().mapToInt(ShardStep.Result::robust).sum();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("event", "step");
    row.put("step", step);
    row.put("epoch", (double) step / shards.stepsPerEpoch());
    row.put("loss", loss);
    if (clean >= 0) {
      row.put("clean_accuracy", (double) clean / batch);
    }
    if (robust >= 0) {
      row.put("robust_accuracy", (double) robust / batch);
    }
    row.put("learning_rate", rate);
    row.put("gradient_norm", norm);
    if (threat != null && settings.objective().adversarial()) {
      row.put("epsilon", threat.epsilon());
    }
    row.put("seconds", seconds);
    append(row);
    task.advance(batch);
    task.stat("epoch", epoch + 1);
    task.stat("loss", loss);
    if (clean >= 0) {
      task.stat("clean", (double) clean / batch);
    }
    if (robust >= 0) {
      task.stat("robust", (double) robust / batch);
    }
  }

  private void append(Map<String, Object> row) {
    if (metrics != null) {
      metrics.append(row);
    }
  }

  // ---- the end of an epoch

  private Network current() {
    return average == null ? network : average;
  }

  private void endEpoch(int epoch, Progress.Task task) {
    Validation now = validate(epoch + 1);
    if (now == null) {
      return;
    }
    last = now;
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("event", "epoch");
    row.put("step", step);
    row.put("epoch", epoch + 1);
    row.put("clean_accuracy", now.clean());
    if (now.robust() != null) {
      row.put("robust_accuracy", now.robust());
    }
    append(row);
    task.stat("validation", now.score());
    boolean better = best == null || now.score() > best.score();
    if (better) {
      best = now;
      if (settings.keepBest()) {
        keep(current().weights());
      }
    }
    Validation top = best;
    stopped =
        settings.patience() > 0 && top != null && now.epoch() - top.epoch() >= settings.patience();
  }

  private void keep(Map<String, Tensor> source) {
    try (Scope scope = Scope.open()) {
      for (Map.Entry<String, Tensor> e : source.entrySet()) {
        Tensor slot = kept.get(e.getKey());
        if (slot == null) {
          kept.put(e.getKey(), keptOwner.adopt(e.getValue().clone()));
        } else {
          slot.copyFrom(e.getValue());
        }
      }
    }
  }

  private @Nullable Validation validate(int epoch) {
    Dataset data = job.validation();
    if (data == null || settings.validationExamples() == 0) {
      return null;
    }
    Dataset some = data.first(settings.validationExamples());
    try (Scope scope = Scope.open()) {
      int n = some.size();
      int[] all = IntStream.range(0, n).toArray();
      long[] shape =
          LongStream.concat(LongStream.of(n), LongStream.of(some.info().shapeArray())).toArray();
      Tensor x = Tensors.of(some.read(all), shape); // [N, ...]
      int[] labels = IntStream.of(all).map(some::label).toArray();
      long[] ids = IntStream.of(all).mapToLong(some::id).toArray();
      ThreatModel threat = job.threat();
      ThreatModel judged = threat == null ? ThreatModel.linf(0).within(0, 1) : threat;
      Pgd attack = Pgd.steps(threat == null ? 1 : settings.validationSteps());
      AttackResult result =
          new AttackDriver(current().classifier(), judged, job.workers())
              .withPrecision(settings.precision())
              .run(attack, x, labels, ids, job.seed().split("validation").split(epoch));
      long wrong =
          result.samples().stream().filter(s -> s.outcome() == Outcome.SKIPPED_WRONG).count();
      double clean = 1 - (double) wrong / n;
      return new Validation(epoch, clean, threat == null ? null : result.robustAccuracy());
    }
  }

  /** Puts the weights that count into the job's network. */
  private @Nullable Validation adopt() {
    if (settings.keepBest() && !kept.isEmpty()) {
      network.setWeights(kept);
      return best;
    }
    if (average != null) {
      network.setWeights(average.weights());
    }
    return last;
  }

  // ---- checkpoints

  private void open(Path folder) {
    Path file = folder.resolve(Checkpoint.FILE);
    if (job.resume() && Files.exists(file)) {
      load(folder, file);
    } else {
      metrics = MetricsLog.create(folder.resolve(METRICS));
    }
  }

  private void load(Path folder, Path file) {
    try (Scope scope = Scope.open()) {
      Safetensors saved = Safetensors.read(file);
      Checkpoint.State state = Checkpoint.state(saved, file);
      if (!state.fingerprint().equals(fingerprint)) {
        throw new InvalidInputException(
            file.toString(),
            "",
            "the checkpoint of this experiment (same settings, data, seed and start)",
            "that of another one; go on without --resume, or with another --out");
      }
      Map<String, Tensor> tensors = saved.tensors();
      network.setWeights(part(tensors, "weights/"));
      if (average != null) {
        average.setWeights(part(tensors, "average/"));
      }
      optimiser.state().forEach((name, t) -> t.copyFrom(find(tensors, "optimiser/" + name)));
      Map<String, Tensor> old = part(tensors, "kept/");
      if (!old.isEmpty()) {
        keep(old);
      }
      step = state.step();
      best = state.best();
      last = state.last();
      stopped = state.stopped();
      metrics = MetricsLog.resume(folder.resolve(METRICS), state.metricsOffset());
    }
  }

  private static Tensor find(Map<String, Tensor> tensors, String name) {
    Tensor t = tensors.get(name);
    if (t == null) {
      throw new InvalidInputException(Checkpoint.FILE, name, "a tensor", "nothing");
    }
    return t;
  }

  private static Map<String, Tensor> part(Map<String, Tensor> tensors, String prefix) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    tensors.forEach(
        (name, t) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), t);
          }
        });
    return found;
  }

  private void save() {
    Path folder = job.folder();
    MetricsLog log = metrics;
    if (folder == null || log == null) {
      return;
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    network.weights().forEach((name, t) -> tensors.put("weights/" + name, t));
    optimiser.state().forEach((name, t) -> tensors.put("optimiser/" + name, t));
    if (average != null) {
      average.weights().forEach((name, t) -> tensors.put("average/" + name, t));
    }
    kept.forEach((name, t) -> tensors.put("kept/" + name, t));
    log.sync();
    Checkpoint.write(
        folder,
        new Checkpoint.State(fingerprint, step, log.offset(), best, last, stopped),
        tensors);
    lastSave = System.nanoTime();
  }

  @Override
  public void close() {
    optimiser.close();
    keptOwner.close();
    if (average != null) {
      average.close();
    }
    if (metrics != null) {
      metrics.close();
    }
  }
}
