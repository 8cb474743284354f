package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.Hashes;
import io.holdfast.common.Progress;
import io.holdfast.common.Seed;
import io.holdfast.common.Stopper;
import io.holdfast.data.Dataset;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Outcome;
import io.holdfast.record.Pixels;
import io.holdfast.record.Rate;
import io.holdfast.report.Png;
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
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs one attack and keeps what it makes: {@code adversarial.safetensors} with {@code images} and
 * {@code clean} (float32 {@code [N, ...]}), {@code labels}, {@code ids}, {@code clean_predictions},
 * {@code predictions} and {@code outcomes} (int64 {@code [N]}; 0 held, 1 fell, 2 wrong when clean),
 * and for images the first ones as {@code png/ID-LABEL-PREDICTION.png}.
 *
 * @param bundle what is attacked
 * @param threat what the attacker may do
 * @param attack runs on every sample
 * @param seed of its random streams
 * @param workers threads, 0 for one per core; any number gives the same result
 * @param folder for the results
 * @param resume whether to go on with what an interrupted run has left there
 * @param progress told of samples that are done
 * @param stopper asked between chunks
 */
public record AdversarialRun(
    Bundle bundle,
    ThreatModel threat,
    Attack attack,
    Seed seed,
    int workers,
    Path folder,
    boolean resume,
    Progress progress,
    Stopper stopper) {
  private static final int CHUNK = 256;
  private static final int PICTURES = 24;
  private static final String RESULT = "adversarial.safetensors";
  private static final String PNG = "png";
  private static final Pattern PICTURE = Pattern.compile("-?\\d+-\\d+-\\d+\\.png");
  private static final String PARTS = "attack.d";
  private static final String RUN = "holdfast.attack";

  /**
   * What came out.
   *
   * @param attack its key
   * @param cleanAccuracy share of samples that were right
   * @param robustAccuracy share that still are
   * @param meanDistance of the samples that fell, by norm; empty if none did
   */
  public record Summary(
      String attack, Rate cleanAccuracy, Rate robustAccuracy, Map<String, Double> meanDistance) {}

  /**
   * Runs it.
   *
   * @throws io.holdfast.common.InvalidInputException if model, attack and threat model do not go
   *     together, or the folder cannot be written
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested; resuming goes on
   */
  public Summary on(Dataset data) {
    attack.check(threat, bundle.classifier().classes());
    attack.checkInputs(bundle.classifier().inputShape());
    Path parts = folder.resolve(PARTS);
    String run = fingerprint(data);
    int chunks = (data.size() + CHUNK - 1) / CHUNK;
    try (Workers pool = workers == 0 ? Workers.auto() : Workers.of(workers)) {
      new AttackDriver(bundle.classifier(), threat, pool).check(attack);
      prepare(parts);
      attack(data, pool, parts, run, chunks);
    }
    Summary summary = finish(parts, chunks, data.info().shape());
    RunFolder.delete(parts);
    return summary;
  }

  /** Leaves nothing of an earlier run, except the parts that are to be gone on with. */
  private void prepare(Path parts) {
    AtomicFiles.ensureWritableFolder(folder);
    if (!resume) {
      RunFolder.delete(parts);
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
            bundle.network().hash(),
            threat.toSettings().toJson(),
            attack.key(),
            Long.toString(seed.value()),
            data.contentHash(),
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
          new AttackDriver(bundle.classifier(), threat, pool)
              .withProgress(task::advance)
              .withStopper(stopper)
              .run(
                  attack,
                  clean,
                  IntStream.of(indices).map(data::label).toArray(),
                  IntStream.of(indices).mapToLong(data::id).toArray(),
                  seed);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("images", result.adversarial());
      tensors.put("clean", clean);
      List<AttackResult.Sample> samples = result.samples();
      tensors.put("labels", longs(samples, AttackResult.Sample::label));
      tensors.put("ids", longs(samples, AttackResult.Sample::id));
      tensors.put("clean_predictions", longs(samples, AttackResult.Sample::cleanPrediction));
      tensors.put("predictions", longs(samples, AttackResult.Sample::prediction));
      tensors.put("outcomes", longs(samples, s -> code(s.outcome())));
      Safetensors.write(part, tensors, Map.of(RUN, run));
    }
  }

  private static Tensor longs(
      List<AttackResult.Sample> samples, ToLongFunction<AttackResult.Sample> column) {
    return Tensors.of(samples.stream().mapToLong(column).toArray(), samples.size()); // [n]
  }

  private static long code(Outcome outcome) {
    return outcome == Outcome.HELD ? 0 : outcome == Outcome.FELL ? 1 : 2;
  }

  /** Puts the parts together. */
  private Summary finish(Path parts, int chunks, List<Integer> shape) {
    try (Scope scope = Scope.open()) {
      Map<String, List<Tensor>> columns = new LinkedHashMap<>();
      for (int i = 0; i < chunks; i++) {
        Safetensors.read(parts.resolve("part-" + i + ".safetensors"))
            .tensors()
            .forEach((name, t) -> columns.computeIfAbsent(name, n -> new ArrayList<>()).add(t));
      }
      Map<String, Tensor> all = new LinkedHashMap<>();
      columns.forEach((name, list) -> all.put(name, Tensors.cat(list, 0)));
      Safetensors.write(folder.resolve(RESULT), all, Map.of("holdfast.key", attack.key()));
      return summary(all, shape);
    }
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
    for (int i = 0; i < n; i++) {
      if (outcomes[i] == 1) {
        Distances d = Distances.between(one(clean, i, size), one(images, i, size));
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
    return new Summary(attack.key(), Rate.of(right, n), Rate.of(held, n), distances);
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
