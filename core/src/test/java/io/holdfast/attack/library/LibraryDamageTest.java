package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import io.holdfast.record.Mutations;
import io.holdfast.threat.Distances;
import io.holdfast.threat.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of tampering leaves out what it touches, by name, and nothing else. */
class LibraryDamageTest {
  private static final int N = 6;
  private static final int SIZE = 4;

  private final Path place;
  private Path tensors;
  private Path lines;

  LibraryDamageTest(@TempDir Path folder) {
    place = folder.resolve("library");
    tensors = place;
    lines = place;
  }

  @BeforeEach
  void write() {
    LibraryFolder.at(place).add(Saved.some(0, N), Saved.TODAY);
    PartInfo part = Manifest.read(place).parts().get(0);
    tensors = place.resolve(part.tensorsFile());
    lines = place.resolve(part.entriesFile());
  }

  private ExampleLibrary load() {
    return ExampleLibrary.load(place, Saved.TODAY);
  }

  /** Only example {@code i} is left out, for this reason. */
  private void isLeftOut(int i, Fault fault, String... words) {
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(N - 1).doesNotContain(Saved.of(i).entry());
    LeftOut one =
        library.leftOut().stream().filter(l -> l.fault() == fault).findFirst().orElseThrow();
    assertThat(one.id()).isEqualTo(Saved.of(i).entry().id());
    assertThat(one.message()).contains(words).contains(one.id().substring(0, 12));
    assertThat(library.damaged()).isNotEmpty();
  }

  private static void change(Path file, UnaryOperator<byte[]> edit) throws IOException {
    byte[] next = edit.apply(Files.readAllBytes(file));
    Files.delete(file); // a mapped file must not be truncated in place
    Files.write(file, next);
  }

  /** First byte of the tensors' data. */
  private static int data(byte[] file) {
    return 8 + (file[0] & 0xff) + ((file[1] & 0xff) << 8);
  }

  @Test
  void aFlippedPixelOfTheExample() throws IOException {
    change(
        tensors,
        b -> {
          b[data(b) + 2 * SIZE * Float.BYTES + 1] ^= 4;
          return b;
        });
    isLeftOut(2, Fault.CHANGED, "row 2", "does not match its hash");
  }

  @Test
  void aFlippedPixelOfTheCleanInput() throws IOException {
    change(
        tensors,
        b -> {
          b[data(b) + (N + 3) * SIZE * Float.BYTES] ^= 1;
          return b;
        });
    isLeftOut(3, Fault.CHANGED, "row 3", "does not match its hash");
  }

  @Test
  void aChangedLabel() throws IOException {
    change(
        tensors,
        b -> {
          b[data(b) + 2 * N * SIZE * Float.BYTES + 4 * Long.BYTES] = 2;
          return b;
        });
    isLeftOut(4, Fault.LABEL, "expected label 1, found 2");
  }

  @Test
  void aChangedDescription() throws IOException {
    changeLine(1, l -> l.replace("study-3", "study-4"));
    isLeftOut(1, Fault.CHANGED, lines.getFileName() + " line 2", "was changed after");
  }

  @Test
  void anExpiryThatWasMovedIsNoticed() throws IOException {
    changeLine(1, l -> l.replace("\"status\":", "\"expires\":\"2040-01-01\",\"status\":"));
    isLeftOut(1, Fault.CHANGED, "was changed after");
  }

  private void changeLine(int line, UnaryOperator<String> edit) throws IOException {
    List<String> all = new ArrayList<>(Files.readAllLines(lines));
    String before = all.set(line, edit.apply(all.get(line)));
    assertThat(all.get(line)).isNotEqualTo(before);
    Files.write(lines, all);
  }

  /** Hashes and seals are made anew: the check of membership stands by itself. */
  @Test
  void movedOutsideTheBallByOneWhoKnowsTheFormat() throws IOException {
    SavedExample one = Saved.of(2);
    float[] far = one.content().adversarial().clone();
    far[0] = one.content().clean()[0] + 0.15f;
    Content forged =
        new Content(Saved.SHAPE, one.content().label(), one.content().clean(), far, new float[0]);
    Distances size = Distances.between(Content.wide(forged.clean()), Content.wide(far));
    forge(forged, size);
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(N - 1);
    assertThat(library.damaged())
        .singleElement()
        .satisfies(
            l -> {
              assertThat(l.fault()).isEqualTo(Fault.OUTSIDE);
              assertThat(l.id()).isEqualTo(forged.id());
              assertThat(l.reason()).contains("expected a change within linf:0.1", "0.15");
            });
  }

  /** A label that no longer fits the answer, with all hashes made anew. */
  @Test
  void aLabelThatTheModelAnswersIsNoExample() throws IOException {
    SavedExample one = Saved.of(2);
    int answer = one.entry().prediction();
    Content forged =
        new Content(
            Saved.SHAPE, answer, one.content().clean(), one.content().adversarial(), new float[0]);
    forge(forged, one.entry().distances());
    assertThat(load().damaged()).extracting(LeftOut::fault).containsExactly(Fault.LABEL);
    assertThat(load().usable()).hasSize(N - 1);
  }

  /** A sample that reached some wrong class, under a threat that wants a certain one. */
  @Test
  void whatMissedItsTargetIsNoExample() {
    Content content = Saved.content(2);
    int reached = Saved.of(2).entry().prediction();
    int other = 3 - content.label() - reached; // of three classes
    assertThat(
            Checks.sound(
                Saved.of(content, 2, Saved.THREAT.wanting(Goal.target(reached))).entry(), content))
        .isNull();
    assertThat(
            Checks.sound(
                Saved.of(content, 2, Saved.THREAT.wanting(Goal.target(other))).entry(), content))
        .isEqualTo(
            new Checks.Finding(
                Fault.LABEL, "expected the wanted answer " + other + ", found " + reached));
  }

  /** Writes a part in which example 2 has other content, with all hashes and seals right. */
  private void forge(Content content, Distances size) {
    PartWriter writer = new PartWriter(place);
    for (int i = 0; i < N; i++) {
      SavedExample example = Saved.of(i);
      if (i == 2) {
        Entry e = example.entry();
        Entry entry =
            new Entry(
                content.id(),
                e.shape(),
                content.label(),
                e.prediction(),
                e.confidence(),
                e.trueConfidence(),
                size,
                e.threat(),
                e.attack(),
                e.model(),
                e.source(),
                e.date(),
                null,
                Status.ACTIVE);
        example = new SavedExample(entry, content);
      }
      writer.add(example);
    }
    new Manifest(writer.finish(), "").write(place);
  }

  @Test
  void missingTensorsLeaveOutEachOfTheirEntries() throws IOException {
    LibraryFolder.at(place).add(Saved.some(10, 12), Saved.TODAY);
    Files.delete(tensors);
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(2);
    assertThat(library.damaged())
        .hasSize(N)
        .allMatch(l -> l.fault() == Fault.DAMAGED && l.reason().contains("no such file"));
  }

  @Test
  void missingLinesAreCounted() throws IOException {
    LibraryFolder.at(place).add(Saved.some(10, 12), Saved.TODAY);
    Files.delete(lines);
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(2);
    assertThat(library.damaged())
        .singleElement()
        .extracting(LeftOut::reason)
        .asString()
        .contains("missing, and with it 6 entries");
  }

  @Test
  void truncatedTensors() throws IOException {
    change(tensors, b -> Arrays.copyOf(b, b.length - 20));
    assertThat(load().usable()).isEmpty();
    assertThat(load().damaged()).hasSize(N);
    assertThat(load().damaged().get(0).reason()).contains("truncated");
    change(tensors, b -> new byte[0]);
    assertThat(load().damaged()).hasSize(N);
  }

  @Test
  void truncatedLinesKeepWhatIsWhole() throws IOException {
    int length = Files.readAllLines(lines).stream().limit(4).mapToInt(l -> l.length() + 1).sum();
    change(lines, b -> Arrays.copyOf(b, length + 50));
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(4);
    assertThat(library.damaged())
        .extracting(LeftOut::reason)
        .anySatisfy(r -> assertThat(r).contains("JSON"))
        .anySatisfy(r -> assertThat(r).isEqualTo("expected 6 lines, found 5"));
  }

  @Test
  void aLineTwiceIsTold() throws IOException {
    List<String> all = new ArrayList<>(Files.readAllLines(lines));
    all.add(all.get(0));
    Files.write(lines, all);
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(N);
    assertThat(library.damaged()).extracting(LeftOut::reason).containsExactly("row 0 twice");
  }

  @Test
  void aLibraryWhoseListWasChangedIsRefused() throws IOException {
    Path file = place.resolve(Manifest.FILE);
    String whole = Files.readString(file);
    Files.writeString(file, whole.replace("\"count\" : 6", "\"count\" : 5"));
    refused("record: expected the SHA-256 of the other keys");
    Files.writeString(file, whole.substring(0, 40));
    refused("expected valid JSON");
    Files.writeString(file, whole.replace("holdfast-library", "holdfast-bundle"));
    refused("format: expected \"holdfast-library\", found \"holdfast-bundle\"");
    Files.writeString(file, whole.replace("\"version\" : 1", "\"version\" : 2"));
    refused("version: expected format version 1, found 2 (a later Holdfast wrote it)");
    Files.writeString(
        file,
        Json.pretty(
            Sealed.seal(
                Map.of("format", "holdfast-library", "version", 1, "parts", "none", "more", 1))));
    refused("parts", "more: expected a known key");
  }

  private void refused(String... words) {
    assertThatThrownBy(this::load)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(Manifest.FILE)
        .message()
        .contains(words);
  }

  @Test
  void damagedEntriesArePrunedOnRequestAlone() throws IOException {
    aFlippedPixelOfTheExample();
    assertThatThrownBy(() -> LibraryFolder.at(place).prune(Saved.TODAY, false))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected a sound entry")
        .hasMessageContaining("prune --damaged");
    assertThat(load().damaged()).isNotEmpty();
    assertThat(LibraryFolder.at(place).prune(Saved.TODAY, true))
        .isEqualTo(new LibraryFolder.Pruned(0, 1, N - 1));
    assertThat(load().leftOut()).isEmpty();
    assertThat(load().usable()).hasSize(N - 1);
  }

  /** Adding and marking go on beside damage, which stays as it is and is told each time. */
  @Test
  void damageIsNotSpreadByChanges() throws IOException {
    aChangedDescription();
    LibraryFolder.at(place).add(Saved.some(20, 22), Saved.TODAY);
    LibraryFolder.at(place)
        .mark(EntryFilter.ALL, LibraryFolder.marking(null, Saved.TODAY.plusDays(1)), Saved.TODAY);
    ExampleLibrary library = load();
    assertThat(library.usable()).hasSize(N + 1).allMatch(e -> e.expires() != null);
    assertThat(library.damaged())
        .singleElement()
        .extracting(LeftOut::fault)
        .isEqualTo(Fault.CHANGED);
  }

  @Test
  void changedTransferIsLeftOut() throws IOException {
    Transfer transfer =
        new Transfer(
            Saved.model(9), Saved.TODAY, Set.of(Saved.of(1).entry().id()), Set.of(), Set.of());
    LibraryFolder.at(place).note(transfer, Saved.TODAY);
    assertThat(load().transfers()).containsExactly(transfer);
    Path file = place.resolve(PartInfo.transfersFile(Manifest.read(place).transfers()));
    Files.writeString(file, Files.readString(file).replace("2026-06-01", "2026-06-02"));
    assertThat(load().transfers()).isEmpty();
    assertThat(load().damaged()).extracting(LeftOut::fault).containsExactly(Fault.CHANGED);
    Files.delete(file);
    assertThat(load().damaged())
        .extracting(LeftOut::reason)
        .containsExactly("measured transfer is missing");
    assertThat(load().usable()).hasSize(N);
  }

  /** Whatever bytes there are: a refusal, or what was written, or less of it and words on that. */
  @Test
  void randomDamageNeverPassesForTheOriginal() throws IOException {
    List<Path> files = List.of(tensors, lines, place.resolve(Manifest.FILE));
    List<byte[]> whole = new ArrayList<>();
    for (Path file : files) {
      whole.add(Files.readAllBytes(file));
    }
    int told = 0;
    for (int i = 0; i < 150; i++) {
      int victim = i % files.size();
      Path file = files.get(victim);
      Files.delete(file);
      Files.write(file, Mutations.of(whole.get(victim), new Seed(i).generator()));
      try {
        ExampleLibrary library = load();
        for (Entry entry : library.usable()) {
          assertThat(Saved.some(0, N)).extracting(SavedExample::entry).contains(entry);
          assertThat(library.content(entry).id()).isEqualTo(entry.id());
        }
        assertThat(library.usable().size() == N || !library.leftOut().isEmpty()).isTrue();
        told += library.leftOut().isEmpty() ? 0 : 1;
      } catch (InvalidInputException e) {
        told++;
      }
      Files.delete(file);
      Files.write(file, whole.get(victim));
    }
    assertThat(told).isGreaterThan(130);
    assertThat(load().leftOut()).isEmpty();
  }

  @Test
  void aFileIsNoLibrary() throws IOException {
    Path file = place.resolveSibling("file");
    Files.writeString(file, "mine");
    assertThatThrownBy(() -> ExampleLibrary.load(file, Saved.TODAY))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found a file");
  }
}
