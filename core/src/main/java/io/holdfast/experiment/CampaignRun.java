package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Deadline;
import io.holdfast.common.Format;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.common.governor.Gate;
import io.holdfast.common.governor.Governor;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.report.Report;
import io.holdfast.tensor.Processor;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a campaign into a folder: {@code MODEL/THREAT/} with ledger and scorecard for each pair,
 * {@code campaign.json}, and a report for each threat model. A killed run goes on where it was, and
 * ends with the same ledgers, byte for byte.
 *
 * @param campaign what to run
 * @param out the folder
 * @param resume whether to go on with what an earlier run has left there
 * @param workers threads in all, 0 for one per core; any number gives the same ledgers
 * @param jobs pairs that run at once and share the threads shard by shard, at least 1
 * @param budget when to end with what is there by then, shared fairly among the pairs that are left
 * @param progress told of everything; a line for each pair that is done, and a table of who has
 *     fallen to what so far
 * @param stopper asked between shards
 */
public record CampaignRun(
    Campaign campaign,
    Path out,
    boolean resume,
    int workers,
    int jobs,
    Deadline budget,
    Progress progress,
    Stopper stopper) {
  /** The result's file. */
  public static final String RESULT = "campaign.json";

  public CampaignRun {
    if (jobs < 1) {
      throw new InvalidInputException("--jobs", "", "at least 1", Integer.toString(jobs));
    }
  }

  /** One model within one threat model. */
  private record Pair(Campaign.Model model, ThreatModel threat) {
    String folder() {
      return model.name() + "/" + ThreatFolders.of(threat);
    }
  }

  /**
   * Checks models, data, threat models and attacks against each other; writes nothing.
   *
   * @throws InvalidInputException with every problem of every pair
   */
  public void check() {
    opened();
  }

  /** The data, after everything was looked at. */
  private Dataset opened() {
    Problems problems = new Problems("campaign " + campaign.name());
    Dataset data = campaign.open(problems);
    try (Surrogates surrogates = surrogates(problems)) {
      for (Campaign.Model model : campaign.models()) {
        problems.collect(() -> check(model, data, surrogates, problems));
      }
    }
    problems.collect(() -> requireUsable(problems));
    problems.throwIfAny();
    if (data == null) {
      throw new IllegalStateException("data that could not be opened were reported");
    }
    Datasets.requireReadable(data, workers, stopper, progress);
    return data;
  }

  /** None where they cannot be opened, which is added. */
  private Surrogates surrogates(Problems problems) {
    Surrogates[] opened = {Surrogates.NONE};
    problems.collect(() -> opened[0] = campaign.surrogates().open());
    return opened[0];
  }

  private void check(
      Campaign.Model model, @Nullable Dataset data, Surrogates surrogates, Problems problems) {
    Shape shape = data == null ? null : Shape.of(data.info().shapeArray());
    try (Bundle bundle = model.open(shape)) {
      if (data != null) {
        for (ThreatModel threat : campaign.threats()) {
          Evaluation evaluation =
              evaluation(bundle, surrogates, threat)
                  .folder(out.resolve(new Pair(model, threat).folder()))
                  .resume(resume);
          problems.collect(
              () -> {
                evaluation.check(data);
                evaluation.checkResumed(data);
              });
        }
      }
    }
  }

  private void requireUsable(Problems problems) {
    AtomicFiles.requireWritableFolder(out);
    RunLock.requireFree(out);
    for (Pair pair : pairs()) {
      problems.collect(() -> new RunFolder(out.resolve(pair.folder())).requireEvaluable());
    }
  }

  private List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    for (Campaign.Model model : campaign.models()) {
      campaign.threats().forEach(threat -> pairs.add(new Pair(model, threat)));
    }
    return pairs;
  }

  /**
   * Runs it.
   *
   * @throws InvalidInputException as {@link #check}, or if the folder holds another campaign's
   *     ledgers
   * @throws RunInterruptedException if a stop was requested; resuming goes on
   * @throws RuntimeException if a pair fails, as it does; pairs under way are ended first, others
   *     are not begun
   */
  public CampaignResult run() {
    Dataset data = opened();
    try (RunLock lock = RunLock.take(out)) {
      return run(data);
    }
  }

  private CampaignResult run(Dataset data) {
    if (!resume && Files.exists(out.resolve(RESULT))) {
      progress.note("the earlier campaign in " + out + " is replaced");
    }
    List<Pair> pairs = pairs();
    List<Scorecard> cards;
    try (Governing governing =
        Governing.ofAttacks(campaign.governor(), out, resume, workers, budget, progress, stopper)) {
      cards = cards(pairs, data, governing.governor());
    }
    List<CampaignResult.Cell> cells = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      Pair pair = pairs.get(i);
      cells.add(
          CampaignResult.Cell.of(
              pair.model().name(), pair.threat().name(), pair.folder(), cards.get(i)));
    }
    CampaignResult result = new CampaignResult(campaign.name(), cells);
    AtomicFiles.write(out.resolve(RESULT), result.toJson());
    campaign.threats().forEach(threat -> report(threat, pairs, cards));
    return result;
  }

  private List<Scorecard> cards(List<Pair> pairs, Dataset data, @Nullable Governor governor) {
    int threads = workers == 0 ? Processor.cores() : workers;
    Gate cores = Gate.sharing(threads); // the last pair has all of them
    AtomicInteger left = new AtomicInteger(pairs.size());
    ExecutorService pool = Executors.newFixedThreadPool(atOnce());
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>(); // the first one
    List<Future<Scorecard>> running = new ArrayList<>();
    LiveTable table =
        new LiveTable(
            progress,
            pairs.stream().map(Pair::folder).toList(),
            campaign.attacks().stream().map(NamedAttack::key).toList());
    try {
      for (Pair pair : pairs) {
        running.add(
            pool.submit(
                () ->
                    unlessAny(
                        failure, () -> card(pair, data, threads, cores, left, governor, table))));
      }
      List<Scorecard> cards = new ArrayList<>();
      for (Future<Scorecard> one : running) {
        cards.add(one.get());
      }
      return cards;
    } catch (ExecutionException e) {
      Throwable first = failure.get();
      Throwable cause = first == null ? e.getCause() : first;
      if (cause instanceof RuntimeException ofPair) {
        throw ofPair;
      }
      throw new IllegalStateException(cause);
    } catch (InterruptedException e) {
      stopper.request();
      Thread.currentThread().interrupt();
      throw new RunInterruptedException("interrupted; run again with --resume to go on");
    } finally {
      running.forEach(one -> one.cancel(false)); // those that have not begun
      join(pool);
      table.close();
    }
  }

  /** A pair, which does not begin where one has failed, whether or not anybody knows that yet. */
  private Scorecard unlessAny(
      AtomicReference<@Nullable Throwable> failure, Supplier<Scorecard> pair) {
    if (failure.get() != null) {
      throw new CancellationException("another pair has failed");
    }
    try {
      return pair.get();
    } catch (RuntimeException | Error e) {
      if (failure.compareAndSet(null, e) && !stopper.isRequested()) {
        progress.note("a pair has failed, and no other is begun: " + e.getMessage());
      }
      throw e;
    }
  }

  /** Waits for the pairs under way, which write into folders that are locked until then. */
  private static void join(ExecutorService pool) {
    pool.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = pool.awaitTermination(1, TimeUnit.HOURS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Pairs that run at once. */
  private int atOnce() {
    return Math.min(jobs, campaign.models().size() * campaign.threats().size());
  }

  /**
   * When a pair that begins now must end.
   *
   * @param left pairs that have not begun yet, itself included
   */
  private Deadline share(int left) {
    int rounds = (left + atOnce() - 1) / atOnce(); // one pair after the other on each thread
    return budget.isNone() ? budget : budget.within(budget.remaining().dividedBy(rounds));
  }

  private Scorecard card(
      Pair pair,
      Dataset data,
      int threads,
      Gate cores,
      AtomicInteger left,
      @Nullable Governor governor,
      LiveTable table) {
    Deadline end = share(left.getAndDecrement());
    Path folder = out.resolve(pair.folder());
    try (RunLock lock = RunLock.take(folder);
        Bundle bundle = pair.model().open(Shape.of(data.info().shapeArray()));
        Surrogates surrogates = campaign.surrogates().open()) {
      new RunFolder(folder).prepareEvaluation(resume);
      Evaluation evaluation =
          evaluation(bundle, surrogates, pair.threat())
              .workers(threads)
              .folder(folder)
              .resume(resume)
              .progress(table.of(pair.folder()))
              .gate(cores)
              .governor(governor)
              .until(end)
              .stopper(stopper);
      Scorecard card = evaluation.on(data).card();
      Map<String, Rate> rates = new LinkedHashMap<>();
      rates.put(LiveTable.CLEAN, card.cleanAccuracy());
      card.attacks().forEach((key, score) -> rates.put(key, score.robustAccuracy()));
      table.done(pair.folder(), rates, card.robustAccuracy(), card.incomplete().keySet());
      progress.note(line(pair, card));
      return card;
    }
  }

  private Evaluation evaluation(Bundle bundle, Surrogates surrogates, ThreatModel threat) {
    return surrogates
        .in(Evaluation.of(bundle))
        .against(threat)
        .with(campaign.attacks().toArray(NamedAttack[]::new))
        .seed(campaign.seed().value())
        .examples(0);
  }

  /** Who has fallen to what, in one line. */
  private static String line(Pair pair, Scorecard card) {
    StringBuilder text = new StringBuilder(pair.folder()).append(": clean ");
    text.append(Format.percent(card.cleanAccuracy().value()));
    card.attacks()
        .forEach(
            (key, score) ->
                text.append(", ")
                    .append(key)
                    .append(' ')
                    .append(Format.percent(score.robustAccuracy().value())));
    Rate robust = card.robustAccuracy();
    if (robust != null) {
      text.append(", all together ").append(Format.percent(robust.value()));
    }
    return text.append(card.incomplete().isEmpty() ? "" : " (incomplete)").toString();
  }

  private void report(ThreatModel threat, List<Pair> pairs, List<Scorecard> cards) {
    Report.Builder report = Report.builder().title(campaign.name() + ", " + threat.name());
    for (int i = 0; i < pairs.size(); i++) {
      if (pairs.get(i).threat().equals(threat)) {
        report.model(pairs.get(i).model().name(), cards.get(i));
      }
    }
    report.build().write(out.resolve(Campaign.report(threat)));
  }
}
