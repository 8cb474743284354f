package io.holdfast.evaluate.search;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.SampleScope;
import io.holdfast.common.Deadline;
import io.holdfast.common.Halving;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.evaluate.AttackCost;
import io.holdfast.model.graph.Shape;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.Norm;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Searches for the settings of an attack that are strongest on a slice of samples, at no more
 * gradients and queries per sample than the attack itself spends: random search over its settings,
 * in brackets of {@value #BRACKET} by successive halving (Jamieson and Talwalkar 2016, algorithm 1;
 * as a bracket of Hyperband, Li et al. 2018, section 3, with eta = {@value Halving#ETA} and samples
 * as the resource). All of a bracket are tried on a ninth of the slice, the best third on a third
 * of it, the best third of these on all of it. The attack as it was given is tried on all of it
 * first, and stays unless another one is stronger.
 *
 * <p>The settings and what becomes of them depend on seed and slice alone, never on the number of
 * workers. Where the driver's deadline ends a search, brackets that were not finished do not count,
 * so that a search for as many settings as it tells gives the same again.
 *
 * @param driver whose deadline ends the search
 * @param attack one of the registry, as it was given
 * @param slice samples that the search is judged by, in the order in which they are taken
 * @param seed of settings and attacks
 * @param trials the most settings to try beside the attack's own, at least 1
 * @param journal what is known already
 * @param progress told of settings
 */
public record AttackSearch(
    AttackDriver driver,
    Attack attack,
    Dataset slice,
    Seed seed,
    int trials,
    SearchJournal journal,
    Progress progress) {
  /** Settings that begin together. */
  public static final int BRACKET = 9;

  /**
   * What came out.
   *
   * @param cost most gradients and queries per sample, as counted on one that cannot fall
   * @param trials all settings, the attack's own first
   * @param found the strongest on the whole slice: its position in {@code trials}
   * @param cut whether the deadline ended the search
   */
  public record Found(AttackCost cost, List<Trial> trials, int found, boolean cut) {
    public Found {
      trials = List.copyOf(trials);
    }

    /** The strongest on the whole slice. */
    public Trial best() {
      return trials.get(found);
    }
  }

  /** Time is over. */
  private static final class Cut extends RuntimeException {
    private static final long serialVersionUID = 1;

    Cut() {
      super(null, null, false, false);
    }
  }

  /** A setting that is still in the race. */
  private static final class Runner {
    final Attack attack;
    final int position;
    List<Tried> tried = List.of();

    Runner(Attack attack, int position) {
      this.attack = attack;
      this.position = position;
    }
  }

  /**
   * Checks that there is something to search.
   *
   * @throws InvalidInputException if the attack has nothing to tune, spends nothing, or does not
   *     suit model and threat model
   */
  public void check() {
    candidates(cost());
  }

  /** How many samples a search for so many settings attacks at most, over a slice of so many. */
  public static long attacks(int trials, int samples) {
    long all = samples;
    for (int begun = 0; begun < trials; begun += BRACKET) {
      int field = Math.min(BRACKET, trials - begun);
      int done = 0;
      for (int size : Halving.rungs(samples)) {
        all += (long) field * (size - done);
        done = size;
        field = Halving.survivors(field);
      }
    }
    return all;
  }

  /**
   * Searches.
   *
   * @throws InvalidInputException as {@link #check}
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  public Found run() {
    FixedCost cost = cost();
    Candidates candidates = candidates(cost);
    Optional<SearchJournal.End> ended = journal.ended(trials);
    int most = ended.map(SearchJournal.End::tried).orElse(trials);
    boolean cut = ended.map(SearchJournal.End::cut).orElse(false);
    List<Runner> finished = new ArrayList<>();
    try (Progress.Task task =
        progress.start("search", most == Integer.MAX_VALUE ? 0 : most + 1L, "settings")) {
      Runner own = new Runner(attack, 0);
      Halving.rungs(slice.size()).forEach(size -> extend(own, size, false));
      finished.add(own);
      task.advance(1);
      while (finished.size() <= most) {
        List<Runner> field = field(candidates, finished.size(), most);
        if (field.isEmpty()) {
          break;
        }
        race(field, task);
        finished.addAll(field);
      }
    } catch (Cut e) {
      cut = true;
    }
    journal.end(new SearchJournal.End(trials, finished.size() - 1, cut));
    return new Found(
        cost.limit(), finished.stream().map(this::trial).toList(), best(finished), cut);
  }

  private FixedCost cost() {
    driver.check(attack);
    return new FixedCost(
        attack, driver.threat(), driver.model().inputShape(), driver.model().classes());
  }

  private Candidates candidates(FixedCost cost) {
    return new Candidates(driver, attack, cost, seed.split("search"));
  }

  /** The settings of the next bracket. */
  private List<Runner> field(Candidates candidates, int from, int most) {
    List<Runner> field = new ArrayList<>();
    for (int i = from; i < from + BRACKET && i <= most; i++) {
      Optional<Attack> next = candidates.next();
      if (next.isEmpty()) {
        break;
      }
      field.add(new Runner(next.get(), i));
    }
    return field;
  }

  /** One bracket of successive halving. */
  private void race(List<Runner> field, Progress.Task task) {
    List<Integer> sizes = Halving.rungs(slice.size());
    new Halving<>(sizes, Function.<Runner>identity(), strongest())
        .race(
            field,
            (runner, size) -> {
              extend(runner, size, true);
              if (runner.tried.size() == sizes.get(0)) {
                task.advance(1);
              }
              return true;
            });
  }

  private Comparator<Runner> strongest() {
    return Comparator.comparing(this::score, Score.STRONGEST)
        .thenComparingInt(runner -> runner.position);
  }

  /** Of all that were tried on the whole slice; the earliest of equals. */
  private int best(List<Runner> finished) {
    List<Runner> whole =
        finished.stream().filter(runner -> runner.tried.size() == slice.size()).toList();
    return whole.stream().min(strongest()).orElseThrow().position;
  }

  /**
   * Tries a setting on the slice's samples up to a position.
   *
   * @param mayStop whether the deadline counts: the attack as it was given always runs
   */
  private void extend(Runner runner, int to, boolean mayStop) {
    boolean together = runner.attack.scope() == SampleScope.UNIVERSAL;
    int from = together ? 0 : runner.tried.size();
    String key = runner.attack.key();
    List<Tried> known = journal.find(key, from, to);
    if (known == null) {
      known = attack(runner.attack, from, to, mayStop);
      journal.add(key, from, known);
    }
    List<Tried> all = new ArrayList<>(runner.tried.subList(0, from));
    all.addAll(known);
    runner.tried = List.copyOf(all);
  }

  private List<Tried> attack(Attack setting, int from, int to, boolean mayStop) {
    if (mayStop && driver.deadline().passed()) {
      throw new Cut();
    }
    AttackDriver used = mayStop ? driver : driver.withDeadline(Deadline.none());
    Optional<Norm> norm = Norm.ofKey(driver.threat().set().kind());
    int[] part = IntStream.range(from, to).toArray();
    try (Scope scope = Scope.open()) {
      long[] shape = Shape.of(slice.info().shapeArray()).batched(part.length);
      Tensor x = Tensors.of(slice.read(part), shape); // [n, ...]
      int[] labels = IntStream.of(part).map(slice::label).toArray();
      long[] ids = IntStream.of(part).mapToLong(slice::id).toArray();
      List<AttackResult.Sample> samples = used.run(setting, x, labels, ids, seed).samples();
      if (!samples.stream().allMatch(AttackResult.Sample::finished)) {
        throw new Cut();
      }
      return samples.stream().map(sample -> Tried.of(sample, norm)).toList();
    }
  }

  private Trial trial(Runner runner) {
    return new Trial(runner.attack.key(), score(runner));
  }

  private Score score(Runner runner) {
    return Score.of(runner.tried, driver.threat().unlimited());
  }
}
