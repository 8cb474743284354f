package io.holdfast.experiment;

import io.holdfast.attack.Attack;
import io.holdfast.attack.AttackDriver;
import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.attack.AttackTask;
import io.holdfast.attack.Attacks;
import io.holdfast.attack.ForwardingAttack;
import io.holdfast.attack.SampleScope;
import io.holdfast.attack.library.AttackFile;
import io.holdfast.attack.library.AttackOrigin;
import io.holdfast.attack.library.ModelOrigin;
import io.holdfast.attack.universal.KeptPerturbation;
import io.holdfast.attack.universal.UniversalAttack;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
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
import io.holdfast.threat.SquarePatch;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes one perturbation for some samples and keeps it: {@code perturbation.safetensors} (float32
 * {@code [1, ...]} with where it comes from; written last) and, for images, {@code
 * perturbation.png}, in which grey is no change and the largest change black or white; of a patch,
 * the patch itself.
 *
 * @param bundle what is attacked
 * @param threat what the attacker may do
 * @param attack makes it
 * @param seed of its random streams
 * @param workers threads, 0 for one per core; any number gives the same result
 * @param folder for the results
 * @param resume whether to take what an equal run has left there
 * @param progress told of samples that are done
 * @param stopper asked before each pass
 */
public record UniversalFit(
    Bundle bundle,
    ThreatModel threat,
    UniversalAttack attack,
    Seed seed,
    int workers,
    Path folder,
    boolean resume,
    Progress progress,
    Stopper stopper) {
  /** The file of the perturbation in the folder. */
  public static final String RESULT = "perturbation.safetensors";

  /** Its picture. */
  public static final String PICTURE = "perturbation.png";

  private static final String TENSOR = "perturbation";
  private static final String RUN = "holdfast.universal";
  private static final String HASH = "holdfast.perturbation";
  private static final String FELL = "holdfast.fell";
  private static final String RIGHT = "holdfast.right";

  /**
   * What came out.
   *
   * @param perturbation for other samples
   * @param fell share of those that it was made for and that were right when clean
   * @param threat within which it was made
   */
  public record Made(KeptPerturbation perturbation, Rate fell, ThreatModel threat) {}

  /**
   * An attack that makes one perturbation for all samples.
   *
   * @throws InvalidInputException if it is another one
   */
  public static UniversalAttack require(Attack attack) {
    if (attack instanceof UniversalAttack universal && attack.scope() == SampleScope.UNIVERSAL) {
      return universal;
    }
    throw new InvalidInputException(
        "attack " + attack.key(), "", "one perturbation for all samples", "one for each");
  }

  /**
   * Checks that a perturbation could be written into a folder; leaves nothing behind.
   *
   * @throws InvalidInputException if nothing can be written there, or what would be replaced is no
   *     perturbation
   */
  public static void requireReplaceable(Path folder) {
    AtomicFiles.requireWritableFolder(folder);
    Path file = folder.resolve(RESULT);
    if (Files.exists(file)) {
      open(file);
    }
  }

  /**
   * Checks that what is in the folder may be gone on with, or replaced; writes nothing.
   *
   * @throws InvalidInputException if {@link #resume} finds what another run has made
   */
  public void check(Dataset samples) {
    Path file = folder.resolve(RESULT);
    if (resume && Files.exists(file)) {
      String run = fingerprint(NamedClasses.matching(samples, bundle.classNames()));
      if (!run.equals(open(file).header().metadata().get(RUN))) {
        throw another(
            file,
            "the perturbation of an equal run, to go on with",
            "one of another model, threat model, attack, seed, version or other samples");
      }
    }
  }

  private static InvalidInputException another(Path file, String expected, String found) {
    String hint = "use another folder, or leave --resume out to replace it";
    return new InvalidInputException(file.toString(), "", expected, found, hint);
  }

  /**
   * Makes it, or takes what an equal run has left.
   *
   * @throws InvalidInputException if model, data, attack and threat model do not go together, the
   *     model gets none of the samples right, the folder cannot be written, or as {@link #check}
   * @throws io.holdfast.common.RunInterruptedException if a stop was requested
   */
  public Made on(Dataset samples) {
    Dataset data = NamedClasses.matching(samples, bundle.classNames());
    attack.check(threat, bundle.classifier().classes());
    attack.checkInputs(bundle.classifier().inputShape());
    requireReplaceable(folder);
    check(data);
    Path file = folder.resolve(RESULT);
    if (resume && Files.exists(file)) {
      progress.note("the perturbation in " + file + " is taken as it is");
      return read(file);
    }
    Datasets.requireReadable(data, workers, stopper, progress);
    stopper.check();
    return make(data);
  }

  /**
   * Puts one that was made elsewhere into a folder, with all that it says of itself.
   *
   * @param resume whether one that is there already must be the same
   * @throws InvalidInputException if it cannot be read or written, or there is another one to go on
   *     with
   */
  public static void copy(Path kept, Path folder, boolean resume) {
    Path file = folder.resolve(RESULT);
    try {
      boolean there = Files.exists(file);
      if (there && resume && Files.mismatch(kept, file) >= 0) {
        throw another(file, kept + ", to go on with", "another one");
      }
      if (!there || !Files.isSameFile(kept, file)) {
        AtomicFiles.ensureWritableFolder(folder);
        RunFolder.delete(folder.resolve(PICTURE));
        AtomicFiles.write(file, Files.readAllBytes(kept));
      }
    } catch (IOException e) {
      throw FileFailures.reading(kept, e);
    }
  }

  private Made make(Dataset data) {
    int[] all = IntStream.range(0, data.size()).toArray();
    Watched watched = new Watched(attack);
    try (Scope scope = Scope.open();
        Workers pool = Workers.on(bundle.classifier().device(), workers);
        Progress.Task task = progress.start(attack.key() + " made", all.length, "images")) {
      long[] shape = Shape.of(data.info().shapeArray()).batched(all.length);
      AttackResult result =
          new AttackDriver(bundle.classifier(), threat, pool)
              .withStopper(stopper)
              .withProgress(task::advance)
              .run(
                  watched,
                  Tensors.of(data.read(all), shape), // [n, ...]
                  IntStream.of(all).map(data::label).toArray(),
                  IntStream.of(all).mapToLong(data::id).toArray(),
                  seed);
      KeptPerturbation kept = watched.kept;
      if (kept == null) {
        throw new InvalidInputException(
            "attack " + attack.key(),
            "samples",
            "some that the model gets right",
            "none of " + all.length);
      }
      long fell = count(result, Outcome.FELL);
      Made made = new Made(kept, Rate.of(fell, fell + count(result, Outcome.HELD)), threat);
      write(made, data, most(result, Sample::queries), most(result, Sample::gradients));
      return made;
    }
  }

  /** What it has cost for each sample. */
  private static long most(AttackResult result, ToLongFunction<Sample> cost) {
    return result.samples().stream().mapToLong(cost).max().orElse(0);
  }

  private static long count(AttackResult result, Outcome outcome) {
    return result.samples().stream().filter(s -> s.outcome() == outcome).count();
  }

  private String fingerprint(Dataset data) {
    return Hashes.sha256Hex(
        String.join(
            "\n",
            Provenance.currentCode(),
            Engine.version(),
            bundle.network().hash(),
            threat.toSettings().toJson(),
            attack.key(),
            Long.toString(seed.value()),
            data.contentHash(stopper),
            Integer.toString(data.size())));
  }

  private void write(Made made, Dataset data, long queries, long gradients) {
    AttackOrigin by =
        new AttackOrigin(
            attack.key(),
            seed.value(),
            Precision.FLOAT32.text(),
            Provenance.currentCode(),
            queries,
            gradients);
    AttackFile.Origin origin =
        new AttackFile.Origin(
            by,
            ModelOrigin.of(bundle),
            threat,
            data.info().name(),
            data.contentHash(stopper),
            data.info().licence(),
            bundle.classNames());
    KeptPerturbation kept = made.perturbation();
    Map<String, String> metadata = new LinkedHashMap<>(origin.toMetadata());
    metadata.put(RUN, fingerprint(data));
    metadata.put(HASH, kept.hash());
    metadata.put(FELL, Long.toString(made.fell().successes()));
    metadata.put(RIGHT, Long.toString(made.fell().n()));
    AtomicFiles.ensureWritableFolder(folder);
    RunFolder.delete(folder.resolve(RESULT));
    Path picture = folder.resolve(PICTURE);
    RunFolder.delete(picture);
    long[] shape = kept.shape();
    if (shape.length == 4 && (shape[1] == 1 || shape[1] == 3) && kept.values().length > 0) {
      Pixels pixels = Pixels.of(shown(kept), (int) shape[1], (int) shape[2], (int) shape[3]);
      AtomicFiles.write(picture, Png.encode(pixels));
    }
    try (Scope scope = Scope.open()) {
      Tensor values = Tensors.of(kept.values(), kept.shape()); // [1, ...]
      Safetensors.write(folder.resolve(RESULT), Map.of(TENSOR, values), metadata);
    }
  }

  /** As brightness in [0, 1]. */
  private float[] shown(KeptPerturbation kept) {
    float[] values = kept.values();
    if (threat.set() instanceof SquarePatch) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) ((values[i] - threat.domain().low()) / threat.domain().width());
      }
      return values;
    }
    float most = 0;
    for (float value : values) {
      most = Math.max(most, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = most == 0 ? 0.5f : 0.5f + 0.5f * values[i] / most;
    }
    return values;
  }

  /**
   * Reads a perturbation that was kept.
   *
   * @throws InvalidInputException if it cannot be read, is no perturbation, or was changed since
   */
  public static Made read(Path file) {
    Safetensors kept = open(file);
    Map<String, String> metadata = kept.header().metadata();
    AttackFile.Origin origin = AttackFile.Origin.read(kept, file.toString());
    UniversalAttack maker = require(Attacks.parse(origin.attack().key()));
    try (Scope scope = Scope.open()) {
      Tensor values = kept.tensor(TENSOR); // [1, ...]
      KeptPerturbation found = new KeptPerturbation(maker, values.toFloats(), values.shape());
      if (!found.hash().equals(metadata.get(HASH))) {
        throw new InvalidInputException(
            file.toString(),
            TENSOR,
            "the values of SHA-256 " + metadata.get(HASH),
            found.hash(),
            "the file was changed");
      }
      return new Made(found, rate(metadata, file), origin.threat());
    }
  }

  private static Rate rate(Map<String, String> metadata, Path file) {
    try {
      return Rate.of(
          Long.parseLong(String.valueOf(metadata.get(FELL))),
          Long.parseLong(String.valueOf(metadata.get(RIGHT))));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          file.toString(), FELL, "how many fell of how many", "something else");
    }
  }

  private static Safetensors open(Path file) {
    Safetensors kept = Safetensors.read(file);
    if (!kept.header().metadata().containsKey(RUN)) {
      throw new InvalidInputException(
          file.toString(),
          RUN,
          "a perturbation, as 'holdfast universal' writes it",
          "something else",
          "choose another file or folder");
    }
    return kept;
  }

  /** The attack, with what it made. */
  private static final class Watched extends ForwardingAttack {
    private final UniversalAttack maker;
    private volatile @Nullable KeptPerturbation kept;

    Watched(UniversalAttack maker) {
      super(maker);
      this.maker = maker;
    }

    @Override
    public Tensor perturb(AttackTask task) {
      Tensor made = maker.perturbation(task); // [1, ...]
      kept = new KeptPerturbation(maker, made.toFloats(), made.shape());
      return maker.applied(task, made); // [n, ...]
    }
  }
}
