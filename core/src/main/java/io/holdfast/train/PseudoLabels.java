package io.holdfast.train;

import io.holdfast.bundle.Bundle;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.ForwardingDataset;
import io.holdfast.data.NamedClasses;
import io.holdfast.model.Classifier;
import io.holdfast.tensor.Device;
import io.holdfast.tensor.NoGrad;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Workers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Samples with the labels that a trained model gives them, for robust self-training (Carmon et al.
 * 2019, algorithm 1): whatever labels they have of their own is not looked at. The model is asked
 * once, by {@link #prepare} or when a label is first needed; it is open no longer than that.
 */
public final class PseudoLabels extends ForwardingDataset {
  private static final int CHUNK = 256;

  private final Path bundle;
  private final String weights;
  private final DatasetInfo info;
  private int[] labels = new int[0];

  private PseudoLabels(Dataset samples, Path bundle, String weights, DatasetInfo info) {
    super(samples);
    this.bundle = bundle;
    this.weights = weights;
    this.info = info;
  }

  /**
   * Labels samples. A class that the model and the data know by a name has the data's number, as in
   * {@link NamedClasses#matching(Dataset, List)}.
   *
   * @param bundle of the model
   * @param classes names of the data's classes, by label
   * @throws InvalidInputException if the bundle cannot be read, or does not fit samples or classes
   */
  public static Dataset by(Path bundle, Dataset samples, List<String> classes) {
    DatasetInfo own = samples.info();
    DatasetInfo info = new DatasetInfo(own.name(), own.shape(), classes, own.licence());
    try (Bundle model = Bundle.read(bundle)) {
      Classifier teacher = model.classifier();
      if (!Arrays.equals(teacher.inputShape(), own.shapeArray())) {
        throw new InvalidInputException(
            bundle.toString(),
            "",
            "a model for inputs of shape " + own.shape(),
            Arrays.toString(teacher.inputShape()));
      }
      if (teacher.classes() != Math.max(2, classes.size())) {
        throw new InvalidInputException(
            bundle.toString(),
            "",
            "a model of " + Math.max(2, classes.size()) + " classes",
            teacher.classes() + " classes");
      }
      String hash = model.network().hash();
      List<String> names =
          model.classNames().size() == classes.size() ? model.classNames() : classes;
      DatasetInfo theirs = new DatasetInfo(own.name(), own.shape(), names, own.licence());
      Problems unknown = new Problems(bundle.toString());
      Dataset told = new PseudoLabels(samples, bundle, hash, theirs);
      Dataset matched = NamedClasses.matching(told, classes, unknown);
      if (!unknown.isEmpty()) {
        String expected = "a model of the classes " + String.join(", ", classes);
        String found = String.join(", ", names);
        throw new InvalidInputException(bundle.toString(), "classes", expected, found);
      }
      return matched == told ? new PseudoLabels(samples, bundle, hash, info) : matched;
    }
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public int label(int index) {
    return labels()[index];
  }

  @Override
  public synchronized void prepare(int workers, Stopper stopper, Progress progress) {
    source().prepare(workers, stopper, progress);
    if (labels.length == 0) {
      labels = predicted(workers, stopper, progress);
    }
  }

  @Override
  public synchronized boolean isPrepared() {
    return labels.length > 0 && source().isPrepared();
  }

  private synchronized int[] labels() {
    prepare(0, Stopper.manual(), Progress.silent());
    return labels;
  }

  private int[] predicted(int workers, Stopper stopper, Progress progress) {
    int n = size();
    try (Bundle model = Bundle.read(bundle);
        Workers pool = Workers.on(Device.CPU, workers);
        Progress.Task task = progress.start("labels by " + bundle.getFileName(), n, "samples")) {
      if (!model.network().hash().equals(weights)) {
        throw new InvalidInputException(
            bundle.toString(), "", "the model that was there when the run began", "another one");
      }
      List<long[]> parts =
          pool.map(
              (n + CHUNK - 1) / CHUNK,
              part -> {
                stopper.check();
                long[] some = predicted(model.classifier(), part);
                task.advance(some.length);
                return some;
              });
      return parts.stream().flatMapToLong(LongStream::of).mapToInt(Math::toIntExact).toArray();
    }
  }

  private long[] predicted(Classifier teacher, int part) {
    int from = part * CHUNK;
    int to = Math.min(size(), from + CHUNK);
    try (Scope scope = Scope.open();
        NoGrad off = NoGrad.on()) {
      Tensor x = source().inputs(IntStream.range(from, to).toArray()); // [n, ...]
      Tensor logits = teacher.logits(x); // [n, K]
      return logits.argmax(1).toLongs();
    }
  }

  @Override
  public String contentHash(Stopper stopper) {
    return Hashes.sha256Hex(
        String.join("\n", "pseudo-labels", source().contentHash(stopper), weights));
  }
}
