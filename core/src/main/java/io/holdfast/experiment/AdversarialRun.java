package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.CheckpointFile;
import io.holdfast.attack.library.AttackFile;
import io.holdfast.attack.library.AttackOrigin;
import io.holdfast.attack.library.ModelOrigin;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Progress;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.data.Datasets;
import io.holdfast.data.NamedClasses;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Outcome;
import io.holdfast.record.Pixels;
import io.holdfast.record.Rate;
import io.holdfast.report.Png;
import io.holdfast.tensor.Engine;
import io.holdfast.tensor.Precision;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.tensor.Workers;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Norm;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs one attack and keeps what it makes: {@code adversarial.safetensors} with the columns of
 * {@link AttackFile}, and for images the first ones as {@code png/ID-LABEL-PREDICTION.png}.
 *
 * @param bundle what is attacked
 * @param threat what the attacker may do
 * @param surrogates that the attacker searches on in place of the model
 * @param attack runs on every sample
 * @param seed of its random streams
 * @param workers threads, 0 for one per core; any number gives the same result
 * @param folder for the results
 * @param resume whether to go on with what an interrupted run has left there
 * @param progress told of samples that are done
 * @param stopper asked between shards
 */
public record AdversarialRun(
    Bundle bundle,
    Surrogates surrogates,
    ThreatModel threat,
    Attack attack,
    Seed seed,
    int workers,
    Path folder,
    boolean resume,
    Progress progress,
    Stopper stopper) {
  private static final int CHUNK = 256;

  /** Bytes of a sample beside its inputs in the result, and of the header, with room to spare. */
  private static final int OF_SAMPLE = 96;

  private static final int HEADER = 1 << 20;
  private static final int PICTURES = 24;

  /** The file of examples in the folder. */
  public static final String RESULT = "adversarial.safetensors";

  /** What an attack leaves in its folder that nothing else does. */
  static final List<String> NAMES = List.of(RESULT, "attack.d");

  private static final String PNG = "png";
  private static final Pattern PICTURE = Pattern.compile("-?\\d+-\\d+-\\d+\\.png");
  private static final String PARTS = NAMES.get(1);
  private static final Pattern PART =
      Pattern.compile("part-\\d+\\.safetensors|" + Pattern.quote(CheckpointFile.NAME) + "|\\..*");
  private static final String COLUMNS =
      "columns 2"; // parts of an earlier form are not gone on with
  private static final String RUN = "holdfast.attack";

  /** By their codes in the file. */
  private static final List<Outcome> OUTCOMES =
      List.of(Outcome.HELD, Outcome.FELL, Outcome.SKIPPED_WRONG);

  /**
   * What came out.
   *
   * @param attack its key
   * @param cleanAccuracy share of samples that were right
   * @param robustAccuracy share that still are
   * @param meanDistance of the samples that fell, by norm; empty if none did
   * @param verdicts sample by sample
   */
  public record Summary(
      String attack,
      Rate cleanAccuracy,
      Rate robustAccuracy,
      Map<String, Double> meanDistance,
      List<Verdict> verdicts) {
    public Summary {
      verdicts = List.copyOf(verdicts);
    }
  }

  /**
   * What became of one sample.
   *
   * @param outcome {@link Outcome#HELD}, {@link Outcome#FELL} or {@link Outcome#SKIPPED_WRONG}
   * @param distances to what felled it; zeros where it did not fall
   */
  public record Verdict(Outcome outcome, Distances distances) {}

  /**
   * Runs it.
   *
   * @throws InvalidInputException if model, data, attack and threat model do not go together, or
   *     the folder cannot be written
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested; resuming goes on
   */
  public Summary on(Dataset samples) {
    Dataset data = NamedClasses.matching(samples, bundle.classNames());
    attack.check(threat, bundle.classifier().classes());
    attack.checkInputs(bundle.classifier().inputShape());
    requireUsable(folder);
    requireOneFile(data);
    try (Workers pool = Workers.on(bundle.classifier().device(), workers)) {
      driver(pool).check(attack);
      Datasets.requireReadable(data, workers, stopper, progress);
      try (RunLock lock = RunLock.take(folder)) {
        return on(data, pool);
      }
    }
  }

  /**
   * Checks that the results of all samples fit into one file, which can be read again: the inputs
   * before and after, and what became of them.
   *
   * @throws InvalidInputException if there are more
   */
  public static void requireOneFile(Dataset data) {
    long each = 2L * Float.BYTES * data.info().sampleSize() + OF_SAMPLE;
    long most = (Integer.MAX_VALUE - HEADER) / each;
    if (data.size() > most) {
      throw new InvalidInputException(
          "attack",
          "data",
          "at most " + most + " samples of shape " + data.info().shape() + " at once",
          Integer.toString(data.size()),
          "take fewer with --examples");
    }
  }

  /** What the attack runs by. */
  AttackDriver driver(Workers pool) {
    return new AttackDriver(surrogates.attacked(bundle.classifier()), threat, pool)
        .withStopper(stopper);
  }

  /** The same with another attack, into another folder. */
  AdversarialRun with(Attack other, Path into) {
    return new AdversarialRun(
        bundle, surrogates, threat, other, seed, workers, into, resume, progress, stopper);
  }

  /** Runs on samples that were checked, in a folder that the caller has locked. */
  Summary on(Dataset data, Workers pool) {
    String run = fingerprint(data);
    if (resume && isOf(folder.resolve(RESULT), run)) {
      return again(data);
    }
    Path parts = folder.resolve(PARTS);
    int chunks = (data.size() + CHUNK - 1) / CHUNK;
    prepare(parts);
    attack(data, pool, parts, run, chunks);
    Summary summary = finish(parts, chunks, data, run);
    RunFolder.delete(parts);
    return summary;
  }

  /**
   * Checks that the examples of an attack could be written into a folder; leaves nothing behind.
   *
   * @throws InvalidInputException if nothing can be written there, another run is writing there, or
   *     what would be replaced is not of an earlier attack
   */
  public static void requireUsable(Path folder) {
    if (AttackSearchRun.isIn(folder)) {
      throw new InvalidInputException(
          folder.toString(),
          "",
          "a new folder, or one with an earlier attack",
          "the results of attack --search",
          "choose another folder, or move them away");
    }
    requireReplaceable(folder);
  }

  /** As {@link #requireUsable}, where an earlier search may be replaced too. */
  static void requireReplaceable(Path folder) {
    RunLock.requireFree(folder);
    AtomicFiles.requireWritableFolder(folder);
    Problems problems = new Problems(folder.toString());
    RunFolder other = new RunFolder(folder);
    boolean trained = other.holdsRun() || TuningRun.isIn(folder);
    if (trained || other.holdsEvaluation()) {
      problems.add(
          "",
          "a new folder, or one with an earlier attack",
          "the results of " + (trained ? "harden" : "evaluate"),
          "choose another folder, or move them away");
    }
    for (String name : NAMES) {
      Path path = folder.resolve(name);
      if (Files.exists(path) && !(name.equals(PARTS) ? areParts(path) : isResult(path))) {
        problems.add(
            name,
            "nothing, or what an earlier attack wrote",
            "something else",
            "choose another folder, or move it away");
      }
    }
    problems.throwIfAny();
  }

  private static boolean isResult(Path file) {
    try {
      return Files.isRegularFile(file)
          && Safetensors.read(file).header().metadata().keySet().stream()
              .anyMatch(key -> key.startsWith("holdfast."));
    } catch (InvalidInputException e) {
      return false;
    }
  }

  private static boolean areParts(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.allMatch(f -> PART.matcher(f.getFileName() + "").matches());
    } catch (IOException e) {
      throw FileFailures.reading(folder, e);
    }
  }

  /** Deletes the folder of a run with all that is in it. */
  public static void delete(Path folder) {
    RunFolder.delete(folder);
  }

  /** What a run that has ended had found. */
  private Summary again(Dataset data) {
    progress.note("the attack in " + folder + " has ended; nothing is left to do");
    RunFolder.delete(folder.resolve(PARTS));
    try (Scope scope = Scope.open()) {
      return summary(Safetensors.read(folder.resolve(RESULT)).tensors(), data.info().shape());
    }
  }

  /** Leaves nothing of an earlier run, except the parts that are to be gone on with. */
  private void prepare(Path parts) {
    AtomicFiles.ensureWritableFolder(folder);
    AtomicFiles.removeLeftovers(folder);
    if (!resume) {
      RunFolder.delete(parts);
    }
    if (Files.exists(folder.resolve(RESULT))) {
      String which =
          resume
              ? "the attack in " + folder + ", which is another one,"
              : "the earlier attack in " + folder;
      progress.note(which + " is replaced");
    }
    RunFolder.delete(folder.resolve(RESULT));
    Path pictures = folder.resolve(PNG);
    if (Files.isDirectory(pictures)) {
      AtomicFiles.removeLeftovers(pictures);
      try (Stream<Path> files = Files.list(pictures)) {
        files
            .filter(f -> PICTURE.matcher(f.getFileName() + "").matches())
            .forEach(RunFolder::delete);
      } catch (IOException e) {
        throw FileFailures.writing(pictures, e);
      }
    }
    AtomicFiles.ensureWritableFolder(parts);
  }

  private void attack(Dataset data, Workers pool, Path parts, String run, int chunks) {
    try (Progress.Task task = progress.start(attack.key(), data.size(), "images")) {
      for (int i = 0; i < chunks; i++) {
        Path part = parts.resolve("part-" + i + ".safetensors");
        int[] indices =
            IntStream.range(i * CHUNK, Math.min(data.size(), (i + 1) * CHUNK)).toArray();
        if (isOf(part, run)) {
          task.skip(indices.length);
        } else {
          stopper.check();
          attack(data, indices, pool, task, part, run);
        }
      }
    }
  }

  private String fingerprint(Dataset data) {
    return Hashes.sha256Hex(
        String.join(
            "\n",
            COLUMNS,
            Provenance.currentCode(),
            Engine.version(),
            bundle.network().hash(),
            surrogates.name(),
            threat.toSettings().toJson(),
            attack.key(),
            Long.toString(seed.value()),
            data.contentHash(stopper),
            Integer.toString(data.size())));
  }

  private static boolean isOf(Path part, String run) {
    return Files.exists(part) && run.equals(Safetensors.read(part).header().metadata().get(RUN));
  }

  private void attack(
      Dataset data, int[] indices, Workers pool, Progress.Task task, Path part, String run) {
    try (Scope scope = Scope.open()) {
      long[] shape = Shape.of(data.info().shapeArray()).batched(indices.length);
      Tensor clean = Tensors.of(data.read(indices), shape); // [n, ...]
      AttackResult result =
          driver(pool)
              .withProgress(task::advance)
              .withCheckpoint(
                  new CheckpointFile(part.resolveSibling(CheckpointFile.NAME), run, progress::note))
              .run(
                  attack,
                  clean,
                  IntStream.of(indices).map(data::label).toArray(),
                  IntStream.of(indices).mapToLong(data::id).toArray(),
                  seed);
      Safetensors.write(part, AttackFile.columns(result, clean), Map.of(RUN, run));
    }
  }

  /** Puts the parts together. */
  private Summary finish(Path parts, int chunks, Dataset data, String run) {
    try (Scope scope = Scope.open()) {
      List<Map<String, Tensor>> columns = new ArrayList<>();
      for (int i = 0; i < chunks; i++) {
        columns.add(Safetensors.read(parts.resolve("part-" + i + ".safetensors")).tensors());
      }
      Map<String, Tensor> all = AttackFile.join(columns);
      Map<String, String> metadata = new LinkedHashMap<>(origin(data).toMetadata());
      metadata.put("holdfast.key", attack.key());
      if (surrogates.model() != null) {
        metadata.put("holdfast.surrogates", surrogates.name());
      }
      metadata.put(RUN, run);
      Safetensors.write(folder.resolve(RESULT), all, metadata);
      return summary(all, data.info().shape());
    }
  }

  private AttackFile.Origin origin(Dataset data) {
    AttackOrigin by =
        new AttackOrigin(
            attack.key(), seed.value(), Precision.FLOAT32.text(), Provenance.currentCode(), 0, 0);
    return new AttackFile.Origin(
        by,
        ModelOrigin.of(bundle),
        threat,
        data.info().name(),
        data.contentHash(stopper),
        data.info().licence(),
        bundle.classNames());
  }

  private Summary summary(Map<String, Tensor> all, List<Integer> shape) {
    float[] clean = column(all, "clean").toFloats();
    float[] images = column(all, "images").toFloats();
    long[] outcomes = column(all, "outcomes").toLongs();
    long[] labels = column(all, "labels").toLongs();
    long[] ids = column(all, "ids").toLongs();
    long[] predictions = column(all, "predictions").toLongs();
    int n = outcomes.length;
    int size = images.length / n;
    Map<String, Double> distances = new LinkedHashMap<>();
    long fell = Arrays.stream(outcomes).filter(o -> o == 1).count();
    List<Verdict> verdicts = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      Distances d =
          outcomes[i] == 1
              ? Distances.between(one(clean, i, size), one(images, i, size))
              : Distances.ZERO;
      verdicts.add(new Verdict(OUTCOMES.get((int) outcomes[i]), d));
      if (outcomes[i] == 1) {
        for (Norm norm : Norm.values()) {
          distances.merge(norm.key(), d.in(norm) / fell, Double::sum);
        }
      }
      if (i < PICTURES && shape.size() == 3 && (shape.get(0) == 1 || shape.get(0) == 3)) {
        float[] one = Arrays.copyOfRange(images, i * size, (i + 1) * size);
        write(
            Pixels.of(one, shape.get(0), shape.get(1), shape.get(2)),
            ids[i] + "-" + labels[i] + "-" + predictions[i] + ".png");
      }
    }
    long right = Arrays.stream(outcomes).filter(o -> o != 2).count();
    long held = Arrays.stream(outcomes).filter(o -> o == 0).count();
    return new Summary(attack.key(), Rate.of(right, n), Rate.of(held, n), distances, verdicts);
  }

  private static Tensor column(Map<String, Tensor> all, String name) {
    Tensor column = all.get(name);
    if (column == null) {
      throw new IllegalStateException("no column " + name);
    }
    return column;
  }

  private static double[] one(float[] all, int index, int size) {
    double[] one = new double[size];
    for (int i = 0; i < size; i++) {
      one[i] = all[index * size + i];
    }
    return one;
  }

  private void write(Pixels picture, String name) {
    AtomicFiles.write(folder.resolve(PNG).resolve(name), Png.encode(picture));
  }
}
