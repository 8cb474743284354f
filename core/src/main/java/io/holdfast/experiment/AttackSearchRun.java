package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.Attacks;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Deadline;
import io.holdfast.common.FileFailures;
import io.holdfast.common.Format;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.NamedClasses;
import io.holdfast.evaluate.Estimate;
import io.holdfast.evaluate.search.AttackSearch;
import io.holdfast.evaluate.search.SearchJournal;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Norm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Searches for the settings of an attack on a slice of the samples, then runs what it found on the
 * others beside the attack as it was given: {@code search.json} with every trial, the adversarial
 * examples of the found setting as {@link AdversarialRun} writes them, and those of the given one
 * in {@code as-given/}. While it runs, {@code search.jsonl} holds what is known; a run that was
 * killed goes on from there and ends with the same files.
 *
 * @param run the attack as it was given, on what and into which folder
 * @param trials the most settings to try beside the given one, at least 1
 * @param budget of time for the search; null for as long as it needs
 * @param slice samples that settings are judged by, at least 1; the others are attacked afterwards
 */
public record AttackSearchRun(
    AdversarialRun run, int trials, @Nullable Duration budget, int slice) {
  /** The result's file. */
  public static final String RESULT = "search.json";

  /** The folder of the examples of the attack as it was given. */
  public static final String GIVEN = "as-given";

  /** Settings to try unless something else is said. */
  public static final int DEFAULT_TRIALS = 27;

  private static final int MOST = 90; // samples of the slice, unless something else is said
  private static final String JOURNAL = "search.jsonl";

  /** Whether a search of this kind was run in a folder, or is. */
  static boolean isIn(Path folder) {
    boolean begun = Files.exists(folder.resolve(RESULT)) || hasLines(folder.resolve(JOURNAL));
    return begun && !TuningRun.isIn(folder);
  }

  /** A journal that was killed before its first line was whole is nobody's. */
  private static boolean hasLines(Path journal) {
    try {
      return Files.exists(journal) && Files.readString(journal).contains("\n");
    } catch (IOException e) {
      throw FileFailures.reading(journal, e);
    }
  }

  /** Samples to judge settings by, of so many: at most a third of them. */
  public static int defaultSlice(int samples) {
    return Math.max(1, Math.min(MOST, samples / 3));
  }

  /**
   * What came out.
   *
   * @param search what was found
   * @param summary of the found setting on the samples that the search did not see
   */
  public record Result(SearchOutcome search, AdversarialRun.Summary summary) {}

  /**
   * Checks that there is something to search, and that the results could be written; leaves nothing
   * behind.
   *
   * @throws InvalidInputException naming what does not fit
   */
  public void check(Dataset samples) {
    requireUsable();
    AdversarialRun.requireOneFile(parts(samples)[1]);
    try (Workers pool = pool()) {
      search(parts(samples)[0], pool, SearchJournal.none()).check();
    }
  }

  /**
   * What it will take at most.
   *
   * @param alone of the attack as it was given on all samples
   * @param samples all
   */
  public Estimate estimate(Estimate alone, int samples) {
    double each = alone.seconds() / samples;
    int counted = trials == Integer.MAX_VALUE ? 0 : trials; // by time alone
    double searching = each * AttackSearch.attacks(counted, slice);
    double limit = budget == null ? Double.POSITIVE_INFINITY : budget.toMillis() / 1000.0;
    Map<String, Double> phases = new LinkedHashMap<>();
    phases.put("search", counted == 0 ? limit : Math.min(limit, searching));
    phases.put("both settings on the others", 2 * each * (samples - slice));
    double all = phases.values().stream().mapToDouble(s -> s).sum();
    return new Estimate(all, alone.bytes(), phases);
  }

  /**
   * Runs it.
   *
   * @throws InvalidInputException as {@link #check}; and if it is to go on with another search
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested; resuming goes on
   */
  public Result on(Dataset samples) {
    Dataset data = NamedClasses.matching(samples, run.bundle().classNames());
    check(data);
    Dataset[] parts = parts(data);
    Datasets.requireReadable(data, run.workers(), run.stopper(), run.progress());
    try (RunLock lock = RunLock.take(run.folder());
        Workers pool = pool()) {
      AttackSearch.Found found = found(parts[0], pool);
      return judged(found, parts[1], pool);
    }
  }

  private AttackSearch.Found found(Dataset slice, Workers pool) {
    Path file = run.folder().resolve(JOURNAL);
    try (SearchJournal journal = SearchJournal.open(file, fingerprint(slice), run.resume())) {
      RunFolder.delete(run.folder().resolve(RESULT)); // not before another search is refused
      if (!run.resume()) {
        forgetGiven();
      }
      return search(slice, pool, journal).run();
    }
  }

  private AttackSearch search(Dataset slice, Workers pool, SearchJournal journal) {
    Deadline end = budget == null ? Deadline.none() : Deadline.in(budget);
    return new AttackSearch(
        run.driver(pool).withDeadline(end),
        run.attack(),
        slice,
        run.seed(),
        trials,
        journal,
        run.progress());
  }

  private void forgetGiven() {
    RunFolder.delete(run.folder().resolve(GIVEN).resolve(AdversarialRun.RESULT));
  }

  /** The found setting and the given one on the other samples. */
  private Result judged(AttackSearch.Found found, Dataset others, Workers pool) {
    Attack strongest = Attacks.parse(found.best().attack());
    AdversarialRun.Summary best = run.with(strongest, run.folder()).on(others, pool);
    HeldOut heldOut = null;
    if (found.found() > 0) {
      AdversarialRun.Summary own =
          run.with(run.attack(), run.folder().resolve(GIVEN)).on(others, pool);
      heldOut = HeldOut.of(own.verdicts(), best.verdicts(), smallest());
    } else {
      forgetGiven();
    }
    SearchOutcome outcome = outcome(found, heldOut);
    AtomicFiles.write(run.folder().resolve(RESULT), outcome.toJson());
    return new Result(outcome, best);
  }

  private SearchOutcome outcome(AttackSearch.Found found, @Nullable HeldOut heldOut) {
    String given = run.attack().key();
    int tried = found.trials().size() - 1;
    String settings = Format.count(tried) + (tried == 1 ? " setting" : " settings");
    String words =
        heldOut == null
            ? "none of " + settings + " did better on the slice than " + given
            : "of " + settings + ", " + heldOut.words(given, found.best().attack());
    return new SearchOutcome(
        given,
        found.best().attack(),
        words + (found.cut() ? "; time was over before all were tried" : ""),
        run.threat().name(),
        run.surrogates().name(),
        run.seed().value(),
        tried,
        found.cut(),
        slice,
        found.cost(),
        heldOut,
        found.trials());
  }

  /** The norm in which smallest changes are compared, where they are what is sought. */
  private Optional<Norm> smallest() {
    return run.threat().unlimited() ? Norm.ofKey(run.threat().set().kind()) : Optional.empty();
  }

  /** The slice in the order in which it is taken, and the other samples in their own. */
  private Dataset[] parts(Dataset data) {
    if (slice < 1 || slice >= data.size()) {
      throw new InvalidInputException(
          "--search-examples",
          "",
          "at least 1 sample to judge settings by and 1 to attack afterwards, of " + data.size(),
          Integer.toString(slice));
    }
    int[] order = run.seed().split("slice").permutation(data.size());
    int[] others = Arrays.copyOfRange(order, slice, order.length);
    Arrays.sort(others);
    return new Dataset[] {data.subset(Arrays.copyOf(order, slice)), data.subset(others)};
  }

  private Workers pool() {
    return Workers.on(run.bundle().classifier().device(), run.workers());
  }

  private void requireUsable() {
    AdversarialRun.requireReplaceable(run.folder());
    AdversarialRun.requireReplaceable(run.folder().resolve(GIVEN));
    Path result = run.folder().resolve(RESULT);
    if (Files.exists(result) && !Json.read(result).has("given")) {
      throw new InvalidInputException(
          run.folder().toString(),
          RESULT,
          "nothing, or what an earlier search wrote",
          "something else",
          "choose another folder, or move it away");
    }
  }

  /** What makes two searches the same one, but for their number of settings and their time. */
  private String fingerprint(Dataset slice) {
    return Hashes.sha256Hex(
        String.join(
            "\n",
            Provenance.currentCode(),
            Engine.version(),
            run.bundle().network().hash(),
            run.surrogates().name(),
            run.threat().toSettings().toJson(),
            run.attack().key(),
            Long.toString(run.seed().value()),
            slice.contentHash(run.stopper()),
            Integer.toString(slice.size())));
  }
}
