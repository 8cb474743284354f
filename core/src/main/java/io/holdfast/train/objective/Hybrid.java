package io.holdfast.train.objective;

import io.holdfast.tensor.Tensor;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A weighted sum of other objectives; penalties count without their own clean cross-entropy. Equal
 * passes of several terms are made once: clean logits in training mode, and what one search for one
 * loss of the labels found. So dropout is the same for the terms that share a pass.
 *
 * @param terms at least one, of which one has a weight above 0
 */
public record Hybrid(List<Term> terms) implements ListedObjective<Hybrid> {
  /**
   * One summand.
   *
   * @param weight finite, at least 0
   * @param objective a line of the registry, but no hybrid
   */
  public record Term(double weight, ListedObjective<?> objective) {
    public Term {
      if (!(weight >= 0) || Double.isInfinite(weight)) {
        throw new IllegalArgumentException("weight: finite, at least 0, found " + weight);
      }
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
    if (terms.stream().noneMatch(t -> t.weight > 0)) {
      throw new IllegalArgumentException("hybrid: a term of a weight above 0, found " + terms);
    }
    if (terms.stream().filter(t -> t.objective.remembers()).count() > 1) {
      throw new IllegalArgumentException("hybrid: one term that remembers, found " + terms);
    }
    if (terms.stream().filter(t -> t.objective.figures(1) > 0).count() > 1) {
      throw new IllegalArgumentException("hybrid: one term that adds figures up, found " + terms);
    }
  }

  @Override
  public ObjectiveSpec<Hybrid> spec() {
    return SPEC;
  }

  /** Those of all terms; fewer where terms share passes. */
  @Override
  public Passes passes() {
    Passes all = Passes.of(0, 0);
    for (Term term : terms) {
      all = all.plus(term.objective.passes());
    }
    return all;
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
  public int classes() {
    return terms.stream().mapToInt(t -> t.objective.classes()).max().orElse(0);
  }

  @Override
  public List<String> layers() {
    return terms.stream().flatMap(t -> t.objective.layers().stream()).distinct().toList();
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
    @Nullable Tensor sum = null; // [n]
    @Nullable Tensor clean = null; // [n, K]
    @Nullable Tensor robust = null; // [n, K]
    for (Term term : terms) {
      if (term.weight > 0) {
        ShardLoss part = term.objective.term(shared);
        Tensor weighted = part.perSample().mul(term.weight); // [n]
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
