package io.holdfast.testkit.library;

import io.holdfast.attack.library.AttackOrigin;
import io.holdfast.attack.library.Content;
import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.attack.library.ModelOrigin;
import io.holdfast.attack.library.SampleSource;
import io.holdfast.attack.library.SavedExample;
import io.holdfast.attack.library.Status;
import io.holdfast.common.Hashes;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Examples that are random changes of real samples, said to fool a model that never was. */
public final class SampleLibrary {
  /** The day on which tests load libraries. */
  public static final LocalDate TODAY = LocalDate.parse("2026-06-01");

  private SampleLibrary() {}

  /**
   * Writes a library of one example per sample.
   *
   * @param data pixels in [0, 1]
   * @param epsilon largest change of a pixel
   */
  public static void write(Path folder, Dataset data, double epsilon, Seed seed) {
    LibraryFolder.at(folder).add(examples(data, epsilon, seed), TODAY);
  }

  /** One example per sample; confidences fall with the position. */
  public static List<SavedExample> examples(Dataset data, double epsilon, Seed seed) {
    List<SavedExample> examples = new ArrayList<>();
    for (int i = 0; i < data.size(); i++) {
      examples.add(example(data, i, epsilon, seed.split(i).generator()));
    }
    return examples;
  }

  private static SavedExample example(
      Dataset data, int index, double epsilon, RandomGenerator random) {
    float[] clean = data.read(index);
    float[] adversarial = clean.clone();
    for (int k = 0; k < clean.length; k++) {
      float moved = clean[k] + (float) (random.nextBoolean() ? epsilon : -epsilon);
      adversarial[k] = Math.max(0, Math.min(1, moved));
    }
    Content content =
        new Content(data.info().shape(), data.label(index), clean, adversarial, new float[0]);
    Entry entry =
        new Entry(
            content.id(),
            content.shape(),
            content.label(),
            (content.label() + 1) % Math.max(2, data.info().classCount()),
            1 - 0.5 * index / data.size(),
            0.1,
            Distances.between(wide(clean), wide(adversarial)),
            ThreatModel.linf(epsilon).within(0, 1),
            new AttackOrigin("uniform-noise", 1, "float32", "0.1.0", 1, 0),
            new ModelOrigin(Hashes.sha256Hex("a model"), "", "mlp"),
            new SampleSource(
                data.info().name(),
                data.contentHash(),
                data.id(index),
                data.info().licence(),
                "",
                data.info().classes().get(content.label())),
            TODAY.minusDays(1),
            null,
            Status.ACTIVE);
    return new SavedExample(entry, content);
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }
}
