package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.SampleForm;
import io.holdfast.data.image.LabelUse;
import io.holdfast.train.PseudoLabels;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Samples to train on beside those of {@code data.train}: more of the same, synthetic or unlabelled
 * ones. None of them is held out for validation.
 *
 * @param source where they lie
 * @param weight factor of their losses, at least 0
 * @param share of an epoch's samples that are theirs, in (0, 1); 0 for as many as there are
 * @param teacher bundle of a model whose predictions are their labels, or null for their own
 */
public record ExtraData(DataSource source, double weight, double share, @Nullable String teacher) {
  static final String KEY = "extra";

  /** Reads the section {@code data}; null where it has none. */
  static @Nullable ExtraData read(SettingsReader data) {
    if (!data.has(KEY)) {
      return null;
    }
    if (!data.isSection(KEY)) {
      return new ExtraData(DataSource.read(data, KEY), 1, 0, null);
    }
    SettingsReader s = data.section(KEY);
    return new ExtraData(
        DataSource.read(s),
        s.number("weight", 1, 0, 1e6),
        s.number("share", 0, 0, 0.999),
        s.textOrNull("teacher"));
  }

  /**
   * Opens the samples.
   *
   * @param train whose classes they have
   * @throws InvalidInputException if there are no such data or there is no such teacher, or they do
   *     not fit
   */
  Dataset open(Dataset train) {
    Dataset samples = samples(train);
    if (teacher == null) {
      requireKnown(samples, train.info().classes());
      return samples;
    }
    requireShape(samples, train);
    try {
      return PseudoLabels.by(Path.of(teacher), samples, train.info().classes());
    } catch (InvalidPathException e) {
      throw new InvalidInputException(teacher, "", "the path of a bundle", e.getReason());
    }
  }

  /** Before a teacher, which is one for the training samples, is said to be wrong. */
  private void requireShape(Dataset samples, Dataset train) {
    if (!samples.info().shape().equals(train.info().shape())) {
      throw new InvalidInputException(
          source.path(),
          "",
          "samples of shape " + train.info().shape() + " as in data.train",
          samples.info().shape().toString(),
          ExperimentData.RESIZE);
    }
  }

  /** A single folder may be no class at all; numbers are classes. */
  private void requireKnown(Dataset samples, List<String> known) {
    List<String> names = samples.info().classes();
    if (names.size() == 1 && !names.get(0).equals("0") && !known.contains(names.get(0))) {
      throw new InvalidInputException(
          source.path(),
          "",
          "samples of several classes, or of one that the training samples have",
          "only class " + names.get(0),
          "a teacher labels what has no labels");
    }
  }

  /**
   * The samples as they lie there: where a teacher labels them they need no labels.
   *
   * @param train that they go with
   */
  Dataset samples(Dataset train) {
    return source.open(teacher == null ? LabelUse.MORE : LabelUse.NONE, SampleForm.of(train));
  }

  /** Training samples with these behind them. */
  Dataset behind(Dataset train, Dataset extra) {
    return Datasets.join(train, extra, weight, share);
  }
}
