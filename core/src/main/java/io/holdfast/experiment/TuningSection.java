package io.holdfast.experiment;

import io.holdfast.common.Halving;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code search} of an experiment file.
 *
 * @param method how trials are let go on
 * @param trials the most, the experiment as it is included; at least 1
 * @param budget the most epochs over all trials; 0 for no limit
 * @param least epochs of the first rung; 0 for a ninth of all
 * @param space what is searched over
 */
public record TuningSection(
    Tuning.Method method, int trials, int budget, int least, TuningSpace space) {
  static final String KEY = "search";

  /** Trials unless the file says more. */
  public static final int DEFAULT_TRIALS = 9;

  /**
   * Reads the section; problems go to the reader.
   *
   * @param whole settings of the experiment without it
   */
  static @Nullable TuningSection read(SettingsReader r, Settings whole) {
    if (!r.has(KEY)) {
      return null;
    }
    SettingsReader s = r.section(KEY);
    Tuning.Method method = s.choice("method", Tuning.Method.HALVING);
    int trials = s.integer("trials", DEFAULT_TRIALS, 1, 1_000_000);
    int budget = s.integer("epochs", 0, 0, Integer.MAX_VALUE);
    int least = s.integer("least_epochs", 0, 0, Integer.MAX_VALUE);
    SettingsReader over = s.requiredSection("over");
    TuningSpace space = TuningSpace.read(over, whole);
    if (s.has("over") && over.keys().isEmpty()) {
      s.reject("over", "at least one field to search over", "none", null);
    }
    String epochs = space.epochs();
    if (epochs != null && method != Tuning.Method.RANDOM) {
      s.reject(
          "over",
          "no number of epochs, which is what trials compete for",
          epochs,
          "method: random trains all trials to their end");
    }
    return new TuningSection(method, trials, budget, least, space);
  }

  /**
   * Refuses a budget that no trial can begin with, and a first rung beyond a whole trial.
   *
   * @param all epochs of one trial
   * @throws InvalidInputException naming the field
   */
  void requireFitting(String source, int all) {
    if (least > all) {
      throw new InvalidInputException(
          source,
          KEY + ".least_epochs",
          "at most " + all + ", the epochs of a trial",
          Integer.toString(least));
    }
    int first = rungs(all).get(0);
    if (budget > 0 && budget < first) {
      throw new InvalidInputException(
          source,
          KEY + ".epochs",
          "0 for no limit, or at least " + first + ", what the first trial is trained for",
          Integer.toString(budget));
    }
  }

  /**
   * Epochs at which trials are compared.
   *
   * @param all of one trial
   */
  List<Integer> rungs(int all) {
    if (method == Tuning.Method.RANDOM) {
      return List.of(all);
    }
    return least == 0 ? Halving.rungs(all) : Halving.rungs(all, least);
  }
}
