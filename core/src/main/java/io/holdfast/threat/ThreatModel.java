package io.holdfast.threat;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A written, versioned statement of what an attacker may do. One threat model parameterises attack,
 * training, certification, report and gate alike.
 *
 * @param name its name in reports
 * @param version raised whenever its meaning changes, at least 1
 * @param set the admissible perturbations
 * @param domain valid input values
 * @param goal what the attacker wants
 * @param knowledge what the attacker sees
 * @param queryBudget most forward passes per sample; {@link #UNLIMITED} for no limit
 */
public record ThreatModel(
    String name,
    int version,
    PerturbationSet set,
    Domain domain,
    Goal goal,
    Knowledge knowledge,
    long queryBudget) {
  /** The query budget of an attacker who may ask as often as he likes. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final double ROUNDING = 1e-9;

  /**
   * @throws InvalidInputException naming every value that does not fit
   */
  public ThreatModel {
    Problems problems = new Problems("threat model " + name);
    if (name.isBlank()) {
      problems.add("name", "a name", "nothing");
    }
    if (version < 1) {
      problems.add("version", "a whole number of at least 1", Integer.toString(version));
    }
    if (queryBudget < 1) {
      problems.add("query_budget", "a whole number of at least 1", Long.toString(queryBudget));
    }
    if (goal instanceof Goal.TargetClass t && t.target() < 0) {
      problems.add("goal", "a class, counted from 0", Integer.toString(t.target()));
    }
    problems.throwIfAny();
  }

  /**
   * Checks that the set fits the domain; files, {@link #within} and attacks do so themselves.
   *
   * @throws InvalidInputException if an L-infinity epsilon is above the width of the domain, or
   *     codes lie outside of it
   */
  public ThreatModel checked() {
    return checkedFor(Long.MAX_VALUE);
  }

  /**
   * As {@link #checked}, for inputs of so many values.
   *
   * @throws InvalidInputException also if the set names columns that an input does not have, or if
   *     its epsilon is above the distance of the domain's corners in its norm: {@code w sqrt(D)} in
   *     L2, {@code w D} in L1, {@code D} in L0, of D values in a domain of width w
   */
  public ThreatModel checkedFor(long columns) {
    Problems problems = new Problems("threat model " + name);
    set.members().forEach(member -> checkSize(member, columns, problems));
    if (set instanceof Union && set.members().stream().anyMatch(ThreatModel::hasNoLimit)) {
      problems.add("epsilon", "a finite epsilon in every member of a union", set.key());
    }
    problems.throwIfAny();
    return this;
  }

  private void checkSize(PerturbationSet member, long columns, Problems problems) {
    if (member instanceof Additive ball) {
      checkRadius(ball, columns, problems);
    } else if (member instanceof Recolouring colours) {
      checkRadius(new Additive(Norm.LINF, colours.epsilon()), columns, problems);
    } else if (member instanceof CodeChanges codes
        && (domain.low() > 0 || domain.high() < codes.levels() - 1)) {
      problems.add(
          "levels",
          "codes inside the domain [" + domain.low() + ", " + domain.high() + "]",
          "0 to " + (codes.levels() - 1));
    } else if (member instanceof Product product) {
      checkParts(product, columns, problems);
    }
  }

  /** Beyond the distance of two corners of the domain a ball holds no more than it does there. */
  private void checkRadius(Additive ball, long columns, Problems problems) {
    boolean unknown = columns == Long.MAX_VALUE && ball.norm() != Norm.LINF;
    double most = unknown ? Double.POSITIVE_INFINITY : domain.diameter(ball.norm(), columns);
    if (!ball.unlimited() && ball.epsilon() > most * (1 + ROUNDING)) {
      String of = " for the " + columns + " values of an input";
      problems.add(
          "epsilon",
          "at most "
              + Additive.number(most)
              + switch (ball.norm()) {
                case L0 -> ", the number of values of an input";
                case L1, L2 -> ", the distance of two corners of the domain" + of;
                case LINF -> ", the width of the domain";
              },
          Additive.number(ball.epsilon()),
          ball.norm() == Norm.L0
              ? "epsilon counts values"
              : "epsilon is in the units of the input; for pixels in [0, 1], 8 of 255 is 8/255");
    }
  }

  private void checkParts(Product product, long columns, Problems problems) {
    for (Product.Part part : product.parts()) {
      if (part.to() > columns) {
        problems.add(
            "columns", "columns of an input, below " + columns, "columns up to " + (part.to() - 1));
      }
      checkSize(part.set(), (long) part.to() - part.from(), problems);
    }
  }

  /**
   * Reads a file, or a short form: {@code linf:0.1}, {@code l2:1.5}, {@code l1:12}, {@code l0:25},
   * {@code corruption:3}, {@code l2:inf} for the smallest change, {@code pixels:5} (how many),
   * {@code patch:6} (its side), {@code frame:2} (its width), a union such as {@code
   * linf:8/255+l2:1}, each also with the keys of a file in brackets: {@code
   * linf:0.1[goal=least-likely]}.
   *
   * @throws InvalidInputException naming everything that is wrong
   */
  public static ThreatModel parse(String spec) {
    return ThreatModelFormat.parse(spec);
  }

  /**
   * Reads a section such as {@code {perturbation: linf, epsilon: 0.1, domain: [0, 1]}}, or a short
   * form as {@link SettingsReader#textOrSection} gives it. Problems go to the reader.
   */
  public static ThreatModel read(SettingsReader section) {
    return ThreatModelFormat.read(section);
  }

  /** The canonical section; {@link #read} gives an equal threat model back. */
  public Settings toSettings() {
    return ThreatModelFormat.toSettings(this);
  }

  /** White box, untargeted, without a query budget, in [0, 1]. */
  public static ThreatModel of(PerturbationSet set) {
    return new ThreatModel(
        set.key(), 1, set, Domain.UNIT, Goal.anyWrong(), Knowledge.WHITE_BOX, UNLIMITED);
  }

  /** The L-infinity ball in [0, 1]; epsilon in the units of the input. */
  public static ThreatModel linf(double epsilon) {
    return of(ball(Norm.LINF, epsilon));
  }

  /** The L2 ball in [0, 1]; epsilon in the units of the input. */
  public static ThreatModel l2(double epsilon) {
    return of(ball(Norm.L2, epsilon));
  }

  /** The L1 ball in [0, 1]; epsilon in the units of the input. */
  public static ThreatModel l1(double epsilon) {
    return of(ball(Norm.L1, epsilon));
  }

  /** The L0 ball in [0, 1]: so many values may change, each by any amount. */
  public static ThreatModel l0(long values) {
    return of(ball(Norm.L0, (double) values));
  }

  /** Changes of any size within [0, 1]; what counts is how little is needed in this norm. */
  public static ThreatModel smallest(Norm norm) {
    return of(new Additive(norm, Double.POSITIVE_INFINITY));
  }

  /** What any of several threat models admits; the rest is the first one's. */
  public static ThreatModel union(ThreatModel first, ThreatModel... others) {
    List<PerturbationSet> members = new ArrayList<>(first.set.members());
    for (ThreatModel other : others) {
      members.addAll(other.set.members());
    }
    return first.with(new Union(members));
  }

  private static Additive ball(Norm norm, double epsilon) {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new InvalidInputException(
          "threat model " + norm.key(),
          "epsilon",
          "a finite number of at least 0",
          Double.toString(epsilon));
    }
    return new Additive(norm, epsilon);
  }

  /** The same with other valid input values. */
  public ThreatModel within(double low, double high) {
    return new ThreatModel(name, version, set, new Domain(low, high), goal, knowledge, queryBudget);
  }

  public ThreatModel named(String newName, int newVersion) {
    return new ThreatModel(newName, newVersion, set, domain, goal, knowledge, queryBudget);
  }

  /** The same with another goal. */
  public ThreatModel wanting(Goal newGoal) {
    return new ThreatModel(name, version, set, domain, newGoal, knowledge, queryBudget);
  }

  /** The same for an attacker who sees less or more. */
  public ThreatModel knowing(Knowledge newKnowledge) {
    return new ThreatModel(name, version, set, domain, goal, newKnowledge, queryBudget);
  }

  /** The same with at most this many forward passes per sample. */
  public ThreatModel queries(long budget) {
    return new ThreatModel(name, version, set, domain, goal, knowledge, budget);
  }

  /** The same with another perturbation set; a name that was the set's own key follows it. */
  public ThreatModel with(PerturbationSet newSet) {
    String newName = name.equals(set.key()) ? newSet.key() : name;
    return new ThreatModel(newName, version, newSet, domain, goal, knowledge, queryBudget);
  }

  /** The magnitude that curves and curricula vary; a union's is its first member's. */
  public double epsilon() {
    return set.epsilon();
  }

  /**
   * The same threat of another size; the members of a union keep their proportions.
   *
   * @param epsilon finite, at least 0; the present one must not be 0; in L0 it is rounded down
   */
  public ThreatModel withEpsilon(double epsilon) {
    if (epsilon == epsilon()) {
      return this;
    }
    if (set instanceof Additive ball) {
      return with(ball(ball.norm(), ball.norm() == Norm.L0 ? Additive.whole(epsilon) : epsilon));
    }
    if (epsilon() == 0) {
      throw new IllegalArgumentException("a set of size 0 cannot be scaled to " + epsilon);
    }
    return with(set.scaled(epsilon / epsilon()));
  }

  /**
   * Whether the attacker may change as much as he likes within the domain, so that attacks look for
   * the smallest change.
   */
  public boolean unlimited() {
    return hasNoLimit(set);
  }

  private static boolean hasNoLimit(PerturbationSet set) {
    return set instanceof Additive ball && ball.unlimited();
  }

  /** One threat model per member of a union; itself where it is no union. */
  public List<ThreatModel> members() {
    return set.members().stream().map(m -> set.members().size() == 1 ? this : with(m)).toList();
  }

  /**
   * What an attack works on.
   *
   * @param clean inputs {@code [N, ...]}, float32, inside the domain
   */
  public Region around(Tensor clean) {
    return set.around(clean, domain);
  }

  /** Whether one perturbed input is admissible; see {@link PerturbationSet#contains}. */
  public boolean contains(double[] clean, double[] other, long[] shape, double[] variables) {
    return set.contains(clean, other, shape, variables, domain);
  }

  /** As {@link #contains(double[], double[], long[], double[])} for additive sets. */
  public boolean contains(double[] clean, double[] other) {
    return contains(clean, other, new long[] {clean.length}, other);
  }

  /** One or two sentences in plain words, for reports. */
  public String describe() {
    String budget =
        queryBudget == UNLIMITED ? "" : ", may ask it at most " + queryBudget + " times per input";
    return "The attacker may "
        + set.describe()
        + "; values stay in ["
        + Additive.number(domain.low())
        + ", "
        + Additive.number(domain.high())
        + "]. The attacker wants "
        + goal.describe()
        + ", "
        + knowledge.words()
        + budget
        + ".";
  }
}
