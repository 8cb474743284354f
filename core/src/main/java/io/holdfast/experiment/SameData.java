package io.holdfast.experiment;

import io.holdfast.common.Stopper;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.train.SampleChoice;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether training, validation and test share their samples, after which robust accuracy says
 * nothing of new ones: before training by where they lie, at its end by what they hold.
 */
final class SameData {
  private static final String WARNING =
      "%s and %s are the same data: the model is judged on samples that it was %s, and does worse on"
          + " others";

  private static final String HELD_OUT =
      "data.extra and data.train are the same data: the samples that data.validation holds out are"
          + " trained on, and validation says nothing of new ones";

  private static final String CHOSEN =
      "the ledger of train.samples is of data.test: which classes are weak was learnt from samples"
          + " that the model is judged on";

  private SameData() {}

  /** By the names in the experiment alone; reads nothing. */
  static List<String> named(Experiment experiment) {
    DataSource validation = experiment.validation();
    List<String> notes = new ArrayList<>();
    if (experiment.train().equals(experiment.test())) {
      notes.add(WARNING.formatted("data.train", "data.test", "trained on"));
    }
    if (validation != null && validation.equals(experiment.test())) {
      notes.add(WARNING.formatted("data.validation", "data.test", "chosen by"));
    }
    if (validation != null && validation.equals(experiment.train())) {
      notes.add(WARNING.formatted("data.train", "data.validation", "trained on"));
    }
    ExtraData extra = experiment.extra();
    if (extra != null && extra.source().equals(experiment.test())) {
      notes.add(WARNING.formatted("data.extra", "data.test", "trained on"));
    }
    if (extra != null
        && validation == null
        && experiment.validationShare() > 0
        && extra.source().equals(experiment.train())) {
      notes.add(HELD_OUT);
    }
    if (extra != null && extra.source().equals(validation)) {
      notes.add(WARNING.formatted("data.extra", "data.validation", "trained on"));
    }
    return notes;
  }

  /** By names and contents; only once training has ended, since it reads the test samples. */
  static List<String> found(Experiment experiment, ExperimentData data, Stopper stopper) {
    Set<String> notes = new LinkedHashSet<>(named(experiment));
    Dataset test = data.test();
    Dataset validation = data.validation();
    ExtraData extra = experiment.extra();
    Dataset more = data.extra();
    int beside = more == null ? 0 : more.size();
    if (test.size() == allToTrain(experiment, data) - beside) {
      boolean whole = beside == 0 && experiment.validationShare() == 0;
      if (same(whole ? data.train() : experiment.train().open(), test, stopper)) {
        notes.add(WARNING.formatted("data.train", "data.test", "trained on"));
      }
    }
    if (extra != null
        && test.size() == beside
        && same(extra.samples(data.whole()), test, stopper)) {
      notes.add(WARNING.formatted("data.extra", "data.test", "trained on"));
    }
    if (validation != null && same(validation, test, stopper)) {
      notes.add(WARNING.formatted("data.validation", "data.test", "chosen by"));
    }
    return List.copyOf(notes);
  }

  private static boolean same(Dataset one, Dataset other, Stopper stopper) {
    return one.size() == other.size()
        && one.contentHash(stopper).equals(other.contentHash(stopper));
  }

  /**
   * Whether a ledger by which training chose its samples is of test samples; as {@link #found}, at
   * the end.
   */
  static List<String> chosen(List<SampleChoice.Judged> ledgers, Dataset test, Stopper stopper) {
    return ledgers.stream().anyMatch(of -> of.isOf(test, stopper)) ? List.of(CHOSEN) : List.of();
  }

  /** Samples to train on and those held out of them. */
  private static int allToTrain(Experiment experiment, ExperimentData data) {
    Dataset held = data.validation();
    int heldOut = held == null || experiment.validationShare() == 0 ? 0 : held.size();
    return data.train().size() + heldOut;
  }
}
