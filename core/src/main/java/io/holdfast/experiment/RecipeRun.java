package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.HoldfastException;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.RunInterruptedException;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.Evaluation;
import io.holdfast.evaluate.EvaluationResult;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.experiment.RecipeBook.Judge;
import io.holdfast.experiment.RecipeBook.Recipe;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Outcome;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Trains the recipes of a book one after the other and judges each, every one in a folder of its
 * own as {@link Harden} leaves it, with ledgers in {@code judged/} and {@code final/}; {@value
 * #RESULT} and {@code report.html} tell how they compare. A run that was stopped goes on where it
 * was; what is done is not done again.
 *
 * @param book what to compare
 * @param today by which the expiry of saved examples is judged
 * @param out the folder
 * @param resume whether to go on with what is there
 * @param workers threads, 0 for one per core
 * @param progress told of steps and samples
 * @param stopper asked between shards
 */
public record RecipeRun(
    RecipeBook book,
    LocalDate today,
    Path out,
    boolean resume,
    int workers,
    Progress progress,
    Stopper stopper) {
  /** The result's file. */
  public static final String RESULT = "recipes.json";

  private static final String JUDGED = "judged";
  private static final String FINAL = "final";

  /**
   * Checks every recipe against its data, but for those that need models which are not there yet;
   * writes nothing.
   *
   * @throws InvalidInputException with every problem
   */
  public void check() {
    check(new ReadData());
  }

  private void check(ReadData read) {
    Problems problems = new Problems("");
    boolean begun =
        book.recipes().stream()
            .anyMatch(recipe -> Files.exists(RecipeBook.folder(out, recipe.name())));
    new RunFolder(out)
        .requireFor("an earlier comparison of recipes", RESULT, JsonNode::isArray, begun);
    for (Recipe recipe : book.recipes()) {
      if (recipe.needs().isEmpty()) {
        problems.collect(
            () -> {
              ExperimentData data = ExperimentData.open(recipe.experiment(), today);
              Harden.check(recipe.experiment(), data, options(recipe), read);
            });
      }
    }
    problems.throwIfAny();
  }

  /**
   * Runs them; {@value #RESULT} holds the rows, {@code report.html} shows them.
   *
   * @throws InvalidInputException as {@link #check}
   * @throws RunInterruptedException if a stop was requested; resuming goes on
   */
  public List<RecipeRow> run() {
    ReadData read = new ReadData();
    check(read);
    try (RunLock lock = RunLock.take(out)) {
      if (!resume) {
        begin();
      }
      List<RecipeRow> rows = new ArrayList<>();
      Map<String, Scorecard> cards = new LinkedHashMap<>();
      for (Recipe recipe : book.recipes()) {
        progress.note("recipe " + recipe.name());
        rows.add(
            failedNeed(recipe, rows)
                .map(need -> RecipeRow.failed(recipe, "needs " + need + ", which has no model"))
                .orElseGet(() -> row(recipe, read, cards)));
      }
      List<RecipeRow> all = RecipeRow.compared(rejudged(rows), book.clock(), book.against());
      AtomicFiles.write(out.resolve(RESULT), Json.pretty(all));
      RecipeReport.of(book, all, cards).ifPresent(page -> page.write(new RunFolder(out).report()));
      return all;
    }
  }

  /** Nothing of an earlier comparison is left: one that is killed soon can be resumed. */
  private void begin() {
    RunFolder.delete(out.resolve(RESULT));
    RunFolder.delete(new RunFolder(out).report());
    for (Recipe recipe : book.recipes()) {
      Path folder = RecipeBook.folder(out, recipe.name());
      new RunFolder(folder).clear();
      book.judge().threats().forEach(threat -> judged(folder, JUDGED, threat).clear());
      book.last().threats().forEach(threat -> judged(folder, FINAL, threat).clear());
    }
  }

  private static RunFolder judged(Path recipe, String kind, ThreatModel threat) {
    return new RunFolder(recipe.resolve(kind).resolve(ThreatFolders.of(threat)));
  }

  /** A recipe that this one needs and that failed. */
  private static Optional<String> failedNeed(Recipe recipe, List<RecipeRow> rows) {
    return rows.stream()
        .filter(row -> row.failed() != null && recipe.needs().contains(row.recipe()))
        .map(RecipeRow::recipe)
        .findFirst();
  }

  private Harden.Options options(Recipe recipe) {
    Path folder = RecipeBook.folder(out, recipe.name());
    return new Harden.Options(folder, resume, workers, progress, stopper, "");
  }

  /** Trains and judges one; its scorecard, within the first threat model, goes to the others. */
  private RecipeRow row(Recipe recipe, ReadData read, Map<String, Scorecard> cards) {
    ExperimentData data = ExperimentData.open(recipe.experiment(), today);
    try {
      Harden.run(recipe.experiment(), data, options(recipe), read);
    } catch (HoldfastException e) {
      if (!Fault.ofTraining(e)) {
        throw e;
      }
      String why = String.valueOf(e.getMessage());
      progress.note(recipe.name() + " failed: " + why);
      return RecipeRow.failed(recipe, why);
    }
    Verdicts verdicts = judge(recipe, data.test(), book.judge(), JUDGED);
    cards.put(recipe.name(), verdicts.card());
    return new RecipeRow(
        recipe.name(),
        recipe.family(),
        null,
        verdicts.clean(),
        verdicts.threats(),
        verdicts.robust(),
        null,
        seconds(new RunFolder(RecipeBook.folder(out, recipe.name())).metrics()),
        Double.NaN,
        verdicts.digits(),
        Map.of());
  }

  /** Seconds of all steps; a resumed run has replaced what it lost. */
  private static double seconds(Path metrics) {
    try (Stream<String> lines = Files.lines(metrics)) {
      return lines
          .map(line -> Json.parse(line, metrics.toString()))
          .filter(row -> row.path("event").asText().equals("step"))
          .map(row -> row.path("seconds"))
          .mapToDouble(JsonNode::asDouble)
          .sum();
    } catch (IOException e) {
      throw FileFailures.reading(metrics, e);
    }
  }

  /** The best once more, by those who judge the best; with all that are as good as the last one. */
  private List<RecipeRow> rejudged(List<RecipeRow> rows) {
    double least =
        rows.stream()
            .filter(row -> row.robust() != null)
            .map(RecipeRun::worth)
            .sorted(Comparator.reverseOrder())
            .limit(book.best())
            .reduce(Double.POSITIVE_INFINITY, Math::min);
    List<String> best =
        rows.stream()
            .filter(row -> row.robust() != null && worth(row) >= least)
            .map(RecipeRow::recipe)
            .toList();
    Map<String, RecipeRow> all = new LinkedHashMap<>();
    rows.forEach(row -> all.put(row.recipe(), row));
    for (Recipe recipe : book.recipes()) {
      if (best.contains(recipe.name())) {
        progress.note("among the best " + book.best() + ": " + recipe.name());
        Dataset test = ExperimentData.open(recipe.experiment(), today).test();
        Rate held = judge(recipe, test, book.last(), FINAL).robust();
        all.computeIfPresent(recipe.name(), (name, row) -> row.judged(held));
      }
    }
    return List.copyOf(all.values());
  }

  private static double worth(RecipeRow row) {
    Rate robust = row.robust();
    return robust == null ? -1 : robust.value();
  }

  /** What a judge saw of one model. */
  private record Verdicts(
      Scorecard card, Map<String, Rate> threats, SortedMap<Long, Boolean> held) {
    Rate clean() {
      return card.cleanAccuracy();
    }

    Rate robust() {
      return Rate.of(held.values().stream().filter(h -> h).count(), held.size());
    }

    /** One digit per sample, in the order of their ids. */
    String digits() {
      StringBuilder digits = new StringBuilder();
      held.values().forEach(h -> digits.append(h ? '1' : '0'));
      return digits.toString();
    }
  }

  private Verdicts judge(Recipe recipe, Dataset test, Judge judge, String kind) {
    Path folder = RecipeBook.folder(out, recipe.name());
    Map<String, Rate> threats = new LinkedHashMap<>();
    SortedMap<Long, Boolean> held = new TreeMap<>();
    List<Scorecard> cards = new ArrayList<>();
    try (Bundle bundle = Bundle.read(new RunFolder(folder).model())) {
      for (ThreatModel threat : judge.threats()) {
        EvaluationResult result =
            Evaluation.of(bundle)
                .against(threat)
                .with(judge.attacks().toArray(NamedAttack[]::new))
                .seed(recipe.experiment().seed().value())
                .workers(workers)
                .folder(judged(folder, kind, threat).path())
                .examples(0) // no page shows them
                .resume(resume)
                .progress(progress)
                .stopper(stopper)
                .on(test.first(judge.examples()));
        cards.add(result.card());
        Map<Long, Boolean> within = held(result.rows());
        long standing = within.values().stream().filter(h -> h).count();
        threats.put(threat.name(), Rate.of(standing, within.size()));
        within.forEach((id, h) -> held.merge(id, h, Boolean::logicalAnd));
      }
    }
    return new Verdicts(cards.get(0), threats, held);
  }

  /** Whether each sample held against every attack, by its id. */
  private static Map<Long, Boolean> held(Iterable<Attempt> rows) {
    Map<Long, Boolean> held = new LinkedHashMap<>();
    for (Attempt row : rows) {
      if (row.kind() == Kind.VERDICT) {
        held.merge(row.sampleId(), row.outcome() == Outcome.HELD, Boolean::logicalAnd);
      }
    }
    return held;
  }
}
