package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;
import io.holdfast.train.Curve;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A weighted sum of other objectives; penalties count without their own clean cross-entropy. Equal
 * passes of several terms are made once: clean logits in training mode, and what one search for one
 * loss of the labels found. So dropout is the same for the terms that share a pass. Weights may
 * change with training's progress; a term costs nothing while its weight is 0.
 *
 * @param terms at least one, of which one has a weight above 0 at every moment
 */
public record Hybrid(List<Term> terms) implements ListedObjective<Hybrid> {
  /**
   * One summand.
   *
   * @param weight over progress in [0, 1]: finite, at least 0
   * @param objective a line of the registry, but no hybrid
   */
  public record Term(Curve weight, ListedObjective<?> objective) {
    public Term {
      for (Curve.Point point : weight.points()) {
        double value = point.value();
        if (!(value >= 0) || Double.isInfinite(value)) {
          throw new IllegalArgumentException("weight: finite, at least 0, found " + value);
        }
      }
    }

    /** Of one weight throughout. */
    public Term(double weight, ListedObjective<?> objective) {
      this(Curve.constant(weight), objective);
    }

    private boolean counts(double progress) {
      return weight.at(progress) > 0;
    }

    /** A weight that never changes is written as a number: part of what makes runs equal. */
    @Override
    public String toString() {
      Object written = weight.points().size() == 1 ? weight.points().get(0).value() : weight;
      return "Term[weight=" + written + ", objective=" + objective + "]";
    }
  }

  /** The registry's line: by default half of the loss is clean, half on the worst case. */
  public static final ObjectiveSpec<Hybrid> SPEC =
      new ObjectiveSpec<>(
          "hybrid",
          "sum of weight x term over named objectives",
          "Goodfellow et al. 2015, section 6, with the default terms",
          new Hybrid(List.of(new Term(0.5, new Standard()), new Term(0.5, new PgdAt()))),
          List.of(new HybridTerms()));

  public Hybrid {
    terms = List.copyOf(terms);
    OptionalDouble without = momentWithout(terms);
    if (without.isPresent()) {
      throw new IllegalArgumentException(
          "hybrid: a term of a weight above 0 at progress "
              + without.getAsDouble()
              + ", found "
              + terms);
    }
    if (terms.stream().filter(t -> t.objective.remembers()).count() > 1) {
      throw new IllegalArgumentException("hybrid: one term that remembers, found " + terms);
    }
    if (terms.stream().filter(t -> t.objective.figures(1) > 0).count() > 1) {
      throw new IllegalArgumentException("hybrid: one term that adds figures up, found " + terms);
    }
  }

  /**
   * A moment before the end of training at which no term counts; empty where one always does. A
   * curve is linear or constant between two of its points, so that it is enough to look at all
   * points and between them.
   */
  static OptionalDouble momentWithout(List<Term> terms) {
    if (terms.isEmpty()) {
      return OptionalDouble.of(0);
    }
    double[] points =
        terms.stream()
            .flatMap(t -> t.weight.points().stream())
            .mapToDouble(Curve.Point::at)
            .filter(at -> at < 1)
            .sorted()
            .distinct()
            .toArray();
    return IntStream.range(0, points.length)
        .mapToObj(i -> new double[] {points[i], i + 1 < points.length ? points[i + 1] : 1})
        .flatMapToDouble(part -> DoubleStream.of(part[0], (part[0] + part[1]) / 2))
        .filter(z -> terms.stream().noneMatch(t -> t.counts(z)))
        .findFirst();
  }

  @Override
  public ObjectiveSpec<Hybrid> spec() {
    return SPEC;
  }

  /** Those of all terms that ever count, as if all counted at once; common ones once. */
  @Override
  public Passes passes() {
    return sum(term -> term.weight.maximum() > 0, ListedObjective::passes, 1, 1);
  }

  /** Those of the terms that count then; common ones once. */
  @Override
  public Passes passes(int members, double progress) {
    return sum(term -> term.counts(progress), o -> o.passes(members, progress), members, progress);
  }

  private Passes sum(
      Predicate<Term> which,
      Function<ListedObjective<?>, Passes> of,
      int members,
      double progress) {
    Passes sum = Passes.of(0, 0);
    Set<CommonPass> made = EnumSet.noneOf(CommonPass.class);
    for (Term term : terms) {
      if (which.test(term)) {
        sum = sum.plus(of.apply(term.objective));
        for (CommonPass pass : term.objective.common(progress)) {
          sum = made.add(pass) ? sum : sum.minus(pass.over(members));
        }
      }
    }
    return sum;
  }

  /** Those of terms that count then. */
  @Override
  public Set<CommonPass> common(double progress) {
    return terms.stream()
        .filter(term -> term.counts(progress))
        .flatMap(term -> term.objective.common(progress).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public double repeated(int members, double progress) {
    return terms.stream()
        .filter(term -> term.counts(progress))
        .mapToDouble(term -> term.objective.repeated(members, progress))
        .sum();
  }

  @Override
  public boolean adversarial() {
    return any(Objective::adversarial);
  }

  /** Where every search of the terms begins where its objective says. */
  @Override
  public boolean ownStart() {
    return terms.stream()
        .map(Term::objective)
        .filter(Objective::adversarial)
        .allMatch(Objective::ownStart);
  }

  @Override
  public boolean ownSearch() {
    long searching = terms.stream().filter(t -> t.objective.adversarial()).count();
    return searching > 1 || any(Objective::ownSearch);
  }

  @Override
  public boolean tellsRobust() {
    return terms.stream().anyMatch(t -> t.weight.maximum() > 0 && t.objective.tellsRobust());
  }

  @Override
  public boolean bounded() {
    return any(Objective::bounded);
  }

  @Override
  public boolean boxed() {
    return any(Objective::boxed);
  }

  @Override
  public boolean balls() {
    return any(Objective::balls);
  }

  @Override
  public boolean ownRadii() {
    return any(Objective::ownRadii);
  }

  @Override
  public boolean smooths() {
    return any(Objective::smoothsAsTerm);
  }

  @Override
  public boolean ownLengths() {
    return any(Objective::ownLengths);
  }

  @Override
  public boolean acrossBatch() {
    return any(Objective::acrossBatch);
  }

  @Override
  public boolean derivesTwice() {
    return any(Objective::derivesTwice);
  }

  @Override
  public boolean needsImages() {
    return any(Objective::needsImages);
  }

  @Override
  public boolean mixes() {
    return terms.stream().allMatch(t -> t.objective.mixes());
  }

  /** One of its terms at most: they would write over each other. */
  @Override
  public boolean remembers() {
    return any(Objective::remembers);
  }

  /** One of its terms at most, for the same reason. */
  @Override
  public int figures(int members) {
    return terms.stream().mapToInt(t -> t.objective.figures(members)).sum();
  }

  @Override
  public double[] chances(double[] figures) {
    return terms.stream()
        .map(t -> t.objective.chances(figures))
        .filter(chances -> chances.length > 0)
        .findFirst()
        .orElse(new double[0]);
  }

  @Override
  public int classes() {
    return terms.stream().mapToInt(t -> t.objective.classes()).max().orElse(0);
  }

  @Override
  public List<String> layers() {
    return terms.stream().flatMap(t -> t.objective.layers().stream()).distinct().toList();
  }

  @Override
  public double boundsWhole() {
    return terms.stream().mapToDouble(t -> t.objective.boundsWhole()).max().orElse(0);
  }

  @Override
  public boolean trainsBeside() {
    return terms.stream().anyMatch(t -> t.objective.trainsBeside());
  }

  @Override
  public List<Guide> guides() {
    return terms.stream().flatMap(t -> t.objective.guides().stream()).distinct().toList();
  }

  private boolean any(Predicate<Objective> what) {
    return terms.stream().map(Term::objective).anyMatch(what);
  }

  @Override
  public ShardLoss loss(ShardContext shard) {
    ShardContext shared = new SharedPasses(shard);
    double progress = shard.progress();
    @Nullable Tensor sum = null; // [n]
    @Nullable Tensor clean = null; // [n, K]
    @Nullable Tensor robust = null; // [n, K]
    for (Term term : terms) {
      if (term.counts(progress)) {
        ShardLoss part = term.objective.term(shared);
        Tensor weighted = part.perSample().mul(term.weight.at(progress)); // [n]
        sum = sum == null ? weighted : sum.add(weighted);
        clean = clean == null ? part.clean() : clean;
        robust = robust == null ? part.robust() : robust;
      }
    }
    if (sum == null) {
      throw new AssertionError("a term has a weight above 0");
    }
    return new ShardLoss(sum, clean, robust);
  }
}
