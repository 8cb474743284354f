package io.holdfast.train;

import io.holdfast.common.Nearest;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.ThreatModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for catastrophic overfitting (Wong et al. 2020, section 5.4) while training is under way:
 * the model withstands training's own search and no longer projected gradient ascent. Then the run
 * goes back to the last moment at which all was well, and on from there with a remedy.
 *
 * @param every steps between two probes, at least 1
 * @param examples at most so many held-out samples, at least 1
 * @param steps of PGD, at least 1
 * @param share in (0, 1): accuracy against PGD below this share of its best since the last remedy,
 *     and of the accuracy against training's own search since the last probe, is a collapse; before
 *     the first probe, and before the first one of a remedy, below this share of the latter alone,
 *     where that search is the experiment's and goes to its end
 * @param remedies in the order in which they are tried; at least one
 */
public record OverfittingGuard(
    int every, int examples, int steps, double share, List<Remedy> remedies) {
  private static final String KEY = "catastrophic_overfitting";

  /** Standard deviations of a measured accuracy that a fall must exceed. */
  private static final double DEVIATIONS = 3;

  public OverfittingGuard {
    remedies = List.copyOf(remedies);
    if (every < 1 || examples < 1 || steps < 1 || remedies.isEmpty() || !(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "overfitting guard: "
              + Arrays.asList(every, examples, steps, share, remedies)
              + " has a value out of range");
    }
  }

  /** A probe with PGD-10 on 128 samples every 100 steps, below one half; what is sure to help. */
  public static OverfittingGuard standard() {
    List<Remedy> sure = List.of(Remedy.MORE_STEPS, Remedy.GRAD_ALIGN);
    return new OverfittingGuard(100, 128, 10, 0.5, sure);
  }

  /** Reads {@code watch} or {@code {name: watch, every: 50}}; null where the key is missing. */
  static @Nullable OverfittingGuard read(SettingsReader train) {
    if (!train.has(KEY)) {
      return null;
    }
    SettingsReader s = train.textOrSection(KEY, "watch");
    s.choice("name", "watch", List.of("watch"));
    OverfittingGuard d = standard();
    return new OverfittingGuard(
        s.integer("every", d.every, 1, 1_000_000_000),
        s.integer("examples", d.examples, 1, 1_000_000),
        s.integer("steps", d.steps, 1, 10_000),
        s.number("share", d.share, 0.01, 0.99),
        remedies(s, d.remedies));
  }

  private static List<Remedy> remedies(SettingsReader s, List<Remedy> usual) {
    List<Remedy> all = List.of(Remedy.values());
    List<String> names = all.stream().map(Remedy::key).toList();
    List<String> standard = usual.stream().map(Remedy::key).toList();
    List<Remedy> found = new ArrayList<>();
    List<String> wanted = s.texts("remedies", standard);
    for (String name : new LinkedHashSet<>(wanted)) {
      if (names.contains(name)) {
        found.add(all.get(names.indexOf(name)));
      } else {
        s.reject("remedies", "some of " + names, name, Nearest.hint(name, names));
      }
    }
    if (wanted.isEmpty()) {
      s.reject("remedies", "at least one of " + names, "none", null);
    }
    return found.isEmpty() ? usual : found;
  }

  /**
   * Where a run stands with its guard.
   *
   * @param applied remedies so far, in their order
   * @param probed step of the latest probe, 0 before the first
   * @param best accuracy of a probe in [0, 1] since the last remedy, 0 where there was none or none
   *     stood
   * @param since predictions on training's own adversarial examples since the latest probe
   * @param good counters at the last moment at which all was well; null before the first step
   */
  record State(
      List<Remedy> applied, long probed, double best, Tally since, @Nullable Counters good) {
    static final State START = new State(List.of(), 0, 0, Tally.NONE, null);

    State {
      applied = List.copyOf(applied);
    }

    State plus(Tally own) {
      return new State(applied, probed, best, since.plus(own), good);
    }

    State probed(long step, double robust) {
      return new State(applied, step, Math.max(best, robust), Tally.NONE, good);
    }

    State good(Counters at) {
      return new State(applied, probed, best, since, at);
    }
  }

  boolean isDue(long step, State state) {
    return step > 0 && step % every == 0 && state.probed() != step;
  }

  /**
   * Whether this is a collapse; never where training had no adversarial examples since the last
   * probe, as in a beginning on clean samples.
   *
   * @param robust accuracy of a probe
   * @param measured samples that it was measured on
   * @param comparable whether training's own search is meant to be as strong as a probe
   */
  boolean collapsed(double robust, State state, int measured, boolean comparable) {
    Double own = state.since().share();
    if (state.best() == 0) { // nothing to fall from, yet a search that no longer counts is seen
      return comparable && own != null && fell(robust, own, measured);
    }
    return own != null && fell(robust, state.best(), measured) && robust < share * own;
  }

  private boolean fell(double robust, double from, int measured) {
    double noise = Math.sqrt(from * (1 - from) / measured);
    return robust < share * from && from - robust > DEVIATIONS * noise;
  }

  /**
   * Whether a moment is worth coming back to: halfway between the best and a collapse, or above.
   */
  boolean good(double robust, State state) {
    return robust >= (1 + share) / 2 * state.best();
  }

  /**
   * The search after these remedies.
   *
   * @param threat model that is trained against, null for none
   */
  static Adversary after(List<Remedy> applied, Adversary search, @Nullable ThreatModel threat) {
    Adversary now = search;
    for (Remedy remedy : applied) {
      now = remedy.applied(now, threat);
    }
    return now;
  }

  /** The first remedy that changes anything, or null. */
  @Nullable Remedy next(Adversary search, TrainJob job) {
    return remedies.stream().filter(r -> r.applies(search, job)).findFirst().orElse(null);
  }
}
