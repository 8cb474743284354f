package io.holdfast.testkit.fuzz;

import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LibraryFolder;
import io.holdfast.attack.library.SavedExample;
import io.holdfast.attack.library.Transfer;
import io.holdfast.bundle.Bundle;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Provenance;
import io.holdfast.common.Seed;
import io.holdfast.data.Dataset;
import io.holdfast.data.DatasetInfo;
import io.holdfast.data.image.InMemoryImages;
import io.holdfast.experiment.Experiment;
import io.holdfast.model.arch.Architecture;
import io.holdfast.model.arch.Architectures;
import io.holdfast.model.graph.Shape;
import io.holdfast.record.Attempt;
import io.holdfast.record.Kind;
import io.holdfast.record.Ledger;
import io.holdfast.record.Outcome;
import io.holdfast.record.Scorecard;
import io.holdfast.record.ScorecardContext;
import io.holdfast.testkit.library.SampleLibrary;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Experiment files, bundles, segments of a ledger, scorecards, libraries of examples: a bundle that
 * is still readable is the same model, a ledger gives the first of the rows that were written, a
 * scorecard reads back, a library gives entries that were written and tells what it leaves out.
 */
public final class FileFuzz implements Fuzz {
  private static final String EXPERIMENT =
      """
      name: fashion-linf
      seed: 7
      data:
        train: "embedded:fashion-mnist/train"
        test: {path: test.npz, split: test, resize: [28, 28]}
        validation: 0.05
      model: {architecture: "preact-resnet-18[width=16]", freeze: [stem]}
      threat: {perturbation: linf, epsilon: 8/255, domain: [0, 1]}
      train:
        objective: {name: trades, beta: 6}
        attack: {name: pgd, steps: 7, step_size: 0.01}
        mix: {clean: 0.25}
        curriculum: {epsilon: {from: 0.01, to: 0.03, until: 0.2}}
        epochs: 4
        batch: 128
        optimiser: {name: sgd, learning_rate: 0.05, weight_decay: 5e-4, schedule: cyclic}
        augment: [{name: pad-crop, padding: 4}, flip]
      evaluate:
        attacks: ["fgsm", "pgd[steps=50,restarts=5]"]
        examples: 1_000
      """;

  private static final Provenance PROVENANCE =
      new Provenance(
          "0.1.0", "2.10.0", "Linux", 7, Map.of("train", "ab12"), Map.of("name", "fuzz"));

  /** What is opened, the files that make it, and a reader that checks what it got. */
  private record Format(Path opened, Map<Path, byte[]> files, Consumer<Path> reader) {}

  private final Map<String, Format> formats = new LinkedHashMap<>();

  /**
   * @param folder an empty folder to write into
   */
  public FileFuzz(Path folder) {
    Path experiment = folder.resolve("experiment.yaml");
    write(experiment, EXPERIMENT.getBytes(StandardCharsets.UTF_8));
    add("experiment", experiment, file -> Experiment.read(file, List.of()));
    String id = writeBundles(folder);
    add("bundle", folder.resolve("model.holdfast"), file -> readBundle(file, id));
    add("bundle folder", folder.resolve("model"), file -> readBundle(file, id));
    Path ledger = folder.resolve("ledger.d");
    List<Attempt> rows = rows();
    for (int half = 0; half < 2; half++) { // a segment each time that a ledger is opened
      int from = half * rows.size() / 2;
      try (Ledger open = Ledger.open(folder, PROVENANCE)) {
        open.append(rows.subList(from, from + rows.size() / 4));
        open.append(rows.subList(from + rows.size() / 4, from + rows.size() / 2));
      }
    }
    add("ledger segments", ledger, file -> readLedger(file, rows));
    Path card = folder.resolve("scorecard.json");
    write(card, scorecard(rows).toJson().getBytes(StandardCharsets.UTF_8));
    add("scorecard", card, FileFuzz::readScorecard);
    Path library = folder.resolve("library");
    List<SavedExample> examples = writeLibrary(library);
    add("library", library, file -> readLibrary(file, examples));
  }

  private void add(String name, Path opened, Consumer<Path> reader) {
    reader.accept(opened); // whole, it is read
    Map<Path, byte[]> files = new TreeMap<>();
    try (Stream<Path> found = Files.walk(opened)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        if (Files.size(file) > 0) { // not the ledger's lock
          files.put(file, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    formats.put(name, new Format(opened, files, reader));
  }

  @Override
  public Set<String> formats() {
    return formats.keySet();
  }

  @Override
  public boolean attempt(String name, Seed seed) {
    Format format = Objects.requireNonNull(formats.get(name), name);
    RandomGenerator random = seed.generator();
    List<Path> files = List.copyOf(format.files().keySet());
    Path victim = files.get(random.nextInt(files.size()));
    format
        .files()
        .forEach(
            (file, content) ->
                write(file, file.equals(victim) ? Damage.of(content, random) : content));
    try {
      format.reader().accept(format.opened());
      return false;
    } catch (InvalidInputException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("Exception") || e.problems().isEmpty()) {
        throw new AssertionError(name + " with " + seed + " was refused without words", e);
      }
      return true;
    } catch (RuntimeException | AssertionError | OutOfMemoryError | StackOverflowError e) {
      throw new AssertionError(name + " with " + seed + " escaped: " + e, e);
    }
  }

  private static void write(Path file, byte[] content) {
    try {
      Files.deleteIfExists(file); // a mapped file must not be truncated in place
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A model of 4 inputs, 5 hidden units and 3 classes; returns its id. */
  private static String writeBundles(Path folder) {
    Architecture architecture = Architectures.mlp(Shape.of(1, 2, 2), 3, 5);
    try (Bundle bundle =
        Bundle.of(architecture.initialise(new Seed(1)))
            .architecture(architecture.name())
            .threat(ThreatModel.linf(0.1).within(0, 1))
            .provenance(PROVENANCE)
            .classNames(List.of("cat", "dog", "größer"))
            .scorecard(scorecard(rows()))
            .build()) {
      bundle.write(folder.resolve("model.holdfast"));
      bundle.write(folder.resolve("model"));
      return bundle.id();
    }
  }

  private static void readBundle(Path path, String id) {
    try (Bundle bundle = Bundle.read(path)) {
      require(bundle.id().equals(id), "another model than was written");
    }
  }

  private static void readLedger(Path path, List<Attempt> written) {
    List<Attempt> read = new ArrayList<>();
    Ledger.read(path).rows().forEach(read::add);
    require(
        read.size() <= written.size() && read.equals(written.subList(0, read.size())),
        "other rows than the first that were written");
  }

  private static void readScorecard(Path path) {
    Scorecard card = Scorecard.read(path);
    require(
        Scorecard.fromJson(card.toJson(), "again").equals(card), "a scorecard that does not last");
  }

  /** Six examples of four values, and how they transfer to a model. */
  private static List<SavedExample> writeLibrary(Path folder) {
    DatasetInfo info = new DatasetInfo("fuzz", List.of(1, 2, 2), List.of("a", "b", "c"), "MIT");
    byte[] pixels = new byte[24];
    new Seed(5).generator().nextBytes(pixels);
    Dataset data = InMemoryImages.of(info, pixels, new int[] {0, 1, 2, 0, 1, 2});
    List<SavedExample> examples = SampleLibrary.examples(data, 0.1, new Seed(6));
    LibraryFolder library = LibraryFolder.at(folder);
    library.add(examples.subList(0, 3), SampleLibrary.TODAY);
    library.add(examples.subList(3, 6), SampleLibrary.TODAY);
    Set<String> fooled = Set.of(examples.get(0).entry().id());
    library.note(
        new Transfer(
            examples.get(0).entry().model(), SampleLibrary.TODAY, fooled, Set.of(), Set.of()),
        SampleLibrary.TODAY);
    return examples;
  }

  /** Damage within a library is told by it, which counts as a refusal here. */
  private static void readLibrary(Path path, List<SavedExample> written) {
    ExampleLibrary library = ExampleLibrary.load(path, SampleLibrary.TODAY);
    List<Entry> entries = written.stream().map(SavedExample::entry).toList();
    for (Entry entry : library.usable()) {
      require(entries.contains(entry), "an entry that was not written");
      require(library.content(entry).id().equals(entry.id()), "other numbers than were written");
    }
    if (!library.damaged().isEmpty()) {
      throw new InvalidInputException(
          path.toString(), "", "a sound library", library.damaged().get(0).message());
    }
    require(library.usable().size() == written.size(), "entries that are missing without a word");
  }

  private static void require(boolean sound, String found) {
    if (!sound) {
      throw new AssertionError(found);
    }
  }

  /** Eight samples, clean and under one attack. */
  private static List<Attempt> rows() {
    List<Attempt> rows = new ArrayList<>();
    for (int id = 0; id < 8; id++) {
      int label = id % 3;
      rows.add(Attempt.clean(id, label).seed(7).predicted(label, 0.9f, 0.9f).build());
    }
    for (int id = 0; id < 8; id++) {
      int label = id % 3;
      boolean fell = id % 2 == 0;
      rows.add(
          Attempt.of(Kind.VERDICT, "pgd[steps=5]", id, label)
              .threat("linf:0.1", 0.1)
              .seed(7)
              .outcome(fell ? Outcome.FELL : Outcome.HELD)
              .predicted(fell ? (label + 1) % 3 : label, 0.6f, fell ? 0.2f : 0.6f)
              .distances(4, 0.3, 0.2, 0.1)
              .queries(6)
              .gradients(5)
              .build());
    }
    return rows;
  }

  private static Scorecard scorecard(List<Attempt> rows) {
    return Scorecard.of(rows, ScorecardContext.of("linf:0.1", PROVENANCE).build());
  }
}
