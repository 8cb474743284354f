package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.attack.library.LibraryFolder.Added;
import io.holdfast.common.FolderLock;
import io.holdfast.common.InvalidInputException;
import io.holdfast.threat.Norm;
import io.holdfast.threat.RotationTranslation;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleLibraryTest {
  private final Path folder;
  private final Path place;

  ExampleLibraryTest(@TempDir Path folder) {
    this.folder = folder;
    this.place = folder.resolve("library");
  }

  private static Added add(Path place, List<SavedExample> examples) {
    return LibraryFolder.at(place).add(examples, Saved.TODAY);
  }

  private static ExampleLibrary load(Path place) {
    return ExampleLibrary.load(place, Saved.TODAY);
  }

  /** Names and contents of a folder's files. */
  private static Map<String, List<Byte>> files(Path folder) throws IOException {
    Map<String, List<Byte>> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        List<Byte> content = new ArrayList<>();
        for (byte b : Files.readAllBytes(file)) {
          content.add(b);
        }
        files.put(file.getFileName().toString(), content);
      }
    }
    return files;
  }

  @Test
  void whatIsSavedComesBackWhole() {
    List<SavedExample> written = Saved.some(0, 20);
    assertThat(add(place, written)).isEqualTo(new Added(20, 0, List.of()));
    ExampleLibrary library = load(place);
    assertThat(library.leftOut()).isEmpty();
    assertThat(library.size()).isEqualTo(20);
    assertThat(library.usable())
        .containsExactlyElementsOf(written.stream().map(SavedExample::entry).sorted().toList());
    for (SavedExample example : written) {
      Content content = library.content(example.entry());
      assertThat(content.clean()).isEqualTo(example.content().clean());
      assertThat(content.adversarial()).isEqualTo(example.content().adversarial());
      assertThat(content.label()).isEqualTo(example.content().label());
    }
  }

  @Test
  void equalContentIsSavedOnceWhoeverFoundIt() {
    SavedExample first = Saved.of(1);
    SavedExample again =
        Saved.with(
            Saved.expiring(Saved.of(first.content(), 2, Saved.THREAT), "2026-12-01"), e -> e);
    assertThat(add(place, List.of(first, again))).isEqualTo(new Added(1, 1, List.of()));
    // found again in another run: the description stands, but the earlier expiry counts
    assertThat(add(place, List.of(again, Saved.of(3)))).isEqualTo(new Added(1, 1, List.of()));
    ExampleLibrary library = load(place);
    assertThat(library.usable()).hasSize(2);
    Entry kept = library.find(first.entry().id());
    assertThat(kept.attack()).isEqualTo(first.entry().attack());
    assertThat(kept.expires()).isEqualTo(LocalDate.parse("2026-12-01"));
  }

  @Test
  void partsOfOtherShapesStandSideBySide() {
    Content wide = new Content(List.of(3), 0, new float[3], new float[] {0, 0.1f, 0}, new float[0]);
    add(place, List.of(Saved.of(0), Saved.of(wide, 1, Saved.THREAT), Saved.of(2)));
    ExampleLibrary library = load(place);
    assertThat(library.usable()).hasSize(3);
    assertThat(library.content(library.find(wide.id())).adversarial())
        .isEqualTo(wide.adversarial());
  }

  @Test
  void manyExamplesAreCutIntoParts() {
    add(place, Saved.some(0, PartWriter.MOST + 10));
    ExampleLibrary library = load(place);
    assertThat(library.parts()).hasSize(2);
    assertThat(library.usable()).hasSize(PartWriter.MOST + 10);
  }

  /** A rotation of a blank image is the blank image: only the parameters tell it from cheating. */
  @Test
  void parametersOfAPerturbationAreKeptAndChecked() {
    ThreatModel rotation = ThreatModel.of(new RotationTranslation(30, 0.1));
    List<Integer> shape = List.of(1, 4, 4);
    float[] blank = new float[16];
    Content turned = new Content(shape, 0, blank, blank.clone(), new float[] {20, 0.05f, 0});
    Content tooFar = new Content(shape, 0, blank, blank.clone(), new float[] {40, 0.05f, 0});
    Content without = new Content(shape, 0, blank, blank.clone(), new float[0]);
    Added added =
        add(
            place,
            List.of(
                Saved.of(turned, 0, rotation),
                Saved.of(tooFar, 1, rotation),
                Saved.of(without, 2, rotation)));
    assertThat(added.added()).isEqualTo(1);
    assertThat(added.refused()).extracting(LeftOut::fault).containsOnly(Fault.OUTSIDE);
    ExampleLibrary library = load(place);
    assertThat(library.content(library.usable().get(0)).variables()).containsExactly(20, 0.05f, 0);
  }

  @Test
  void examplesOfThreatsWithoutALimitAreSaved() {
    ThreatModel any = ThreatModel.parse("l2:inf");
    SavedExample far = Saved.of(Saved.content(3), 3, any);
    assertThat(add(place, List.of(far)).added()).isEqualTo(1);
    assertThat(load(place).usable()).containsExactly(far.entry());
  }

  @Test
  void whatIsNotSoundIsNotSaved() {
    SavedExample right = Saved.with(Saved.of(1), e -> e);
    Entry e = right.entry();
    Entry fooled =
        new Entry(
            e.id(),
            e.shape(),
            e.label(),
            e.label(),
            0.5,
            0.5,
            e.distances(),
            e.threat(),
            e.attack(),
            e.model(),
            e.source(),
            e.date(),
            null,
            Status.ACTIVE);
    SavedExample strict = Saved.of(Saved.content(2), 2, ThreatModel.linf(0.01).within(0, 1));
    Added added = add(place, List.of(new SavedExample(fooled, right.content()), strict));
    assertThat(added.added()).isZero();
    assertThat(added.refused())
        .extracting(LeftOut::fault)
        .containsExactly(Fault.LABEL, Fault.OUTSIDE);
    assertThat(added.refused().get(1).message())
        .contains("sample 2", "expected a change within linf:0.01, found");
    assertThat(load(place).size()).isZero();
  }

  @Test
  void entriesAreChosenByEachCondition() {
    add(place, Saved.some(0, 30));
    ExampleLibrary library = load(place);
    assertThat(count(library, EntryFilter.ALL)).isEqualTo(30);
    assertThat(count(library, EntryFilter.ALL.attacks(Set.of("pgd")))).isEqualTo(15);
    assertThat(count(library, EntryFilter.ALL.attacks(Set.of("pgd[steps=5]", "x")))).isEqualTo(15);
    assertThat(count(library, EntryFilter.ALL.attacks(Set.of("pg")))).isZero();
    assertThat(count(library, EntryFilter.ALL.threats(Set.of("linf:0.1")))).isEqualTo(30);
    assertThat(count(library, EntryFilter.ALL.threats(Set.of("l2:1")))).isZero();
    assertThat(count(library, EntryFilter.ALL.consents(Set.of("study")))).isZero();
    assertThat(count(library, EntryFilter.ALL.consents(Set.of("study", "study-3")))).isEqualTo(30);
    assertThat(count(library, EntryFilter.ALL.licences(Set.of("MIT")))).isEqualTo(30);
    assertThat(count(library, EntryFilter.ALL.licences(Set.of("mit")))).isZero();
    assertThat(count(library, EntryFilter.ALL.data(Set.of("test data")))).isEqualTo(30);
    assertThat(count(library, EntryFilter.ALL.data(Set.of(EntryFilter.NONE)))).isZero();
    assertThat(count(library, EntryFilter.ALL.labels(Set.of(0, 2)))).isEqualTo(20);
    assertThat(count(library, EntryFilter.ALL.distance(Norm.LINF, 0, 0.049))).isZero();
    assertThat(count(library, EntryFilter.ALL.distance(Norm.L2, 0.09, 0.11))).isEqualTo(30);
    assertThat(count(library, EntryFilter.ALL.statuses(Set.of(Status.SUSPENDED)))).isZero();
    assertThat(count(library, EntryFilter.ALL.since(LocalDate.parse("2026-01-21")))).isEqualTo(10);
    assertThat(count(library, EntryFilter.ALL.until(LocalDate.parse("2026-01-02")))).isEqualTo(2);
    assertThat(
            count(
                library, EntryFilter.ALL.models(Set.of(Saved.model(1).weights().substring(0, 9)))))
        .isEqualTo(15);
    EntryFilter both = EntryFilter.ALL.attacks(Set.of("fgsm")).labels(Set.of(1));
    assertThat(count(library, both)).isEqualTo(5);
  }

  private static long count(ExampleLibrary library, EntryFilter filter) {
    return library.sound().stream().filter(filter::matches).count();
  }

  @Test
  void aFilteredCopyHoldsWhatWasAskedForAlone() {
    add(place, Saved.some(0, 30));
    Path copy = folder.resolve("copy");
    EntryFilter pgd = EntryFilter.ALL.attacks(Set.of("pgd"));
    assertThat(LibraryCopy.write(List.of(load(place)), pgd, false, copy)).isEqualTo(15);
    assertThat(load(copy).usable()).hasSize(15).allMatch(e -> e.attack().name().equals("pgd"));
    EntryFilter none = pgd.labels(Set.of(9));
    assertThatThrownBy(
            () -> LibraryCopy.write(List.of(load(place)), none, false, folder.resolve("none")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected entries that meet the conditions, found none");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void mergingKeepsEachExampleOnceInWhateverOrder() throws IOException {
    Path a = folder.resolve("a");
    Path b = folder.resolve("b");
    add(a, Saved.some(0, 12));
    add(b, List.of(Saved.expiring(Saved.of(11), "2027-01-01"), Saved.of(12), Saved.of(13)));
    LibraryFolder.at(b).note(transfer(9, Saved.of(13), Saved.of(12)), Saved.TODAY);
    Path ab = folder.resolve("ab");
    Path ba = folder.resolve("ba");
    assertThat(LibraryCopy.write(List.of(load(a), load(b)), EntryFilter.ALL, false, ab))
        .isEqualTo(14);
    LibraryCopy.write(List.of(load(b), load(a)), EntryFilter.ALL, false, ba);
    assertThat(files(ab)).isEqualTo(files(ba));
    assertThat(load(ab).find(Saved.of(11).entry().id()).expires())
        .isEqualTo(LocalDate.parse("2027-01-01"));
    assertThat(load(ab).transfers()).isEqualTo(load(b).transfers()).hasSize(1);
  }

  private static Transfer transfer(int model, SavedExample fooled, SavedExample held) {
    return new Transfer(
        Saved.model(model),
        Saved.TODAY,
        Set.of(fooled.entry().id()),
        Set.of(held.entry().id()),
        Set.of());
  }

  @Test
  void anExportComesBackByteForByte() throws IOException {
    add(place, Saved.some(0, 5)); // several additions, so that the layout is not the canonical one
    add(place, Saved.some(5, 11));
    add(place, List.of(Saved.expiring(Saved.of(20), "2026-01-02")));
    LibraryFolder.at(place).note(transfer(9, Saved.of(3), Saved.of(20)), Saved.TODAY);
    Path export = folder.resolve("export");
    assertThat(LibraryCopy.write(List.of(load(place)), EntryFilter.ALL, true, export))
        .as("without the expired one")
        .isEqualTo(11);
    Path imported = folder.resolve("imported");
    LibraryFolder.at(imported).take(load(export), Saved.TODAY);
    assertThat(files(imported)).isEqualTo(files(export));
    Path again = folder.resolve("again");
    LibraryCopy.write(List.of(load(imported)), EntryFilter.ALL, true, again);
    assertThat(files(again)).isEqualTo(files(export));
    assertThat(load(again).hash()).isEqualTo(load(export).hash());
  }

  @Test
  void importingIntoALibraryAddsWhatIsNew() {
    Path export = folder.resolve("export");
    add(place, Saved.some(0, 5));
    add(export, Saved.some(3, 9));
    LibraryFolder.at(export).note(transfer(9, Saved.of(7), Saved.of(8)), Saved.TODAY);
    Added added = LibraryFolder.at(place).take(load(export), Saved.TODAY);
    assertThat(added).isEqualTo(new Added(4, 2, List.of()));
    assertThat(load(place).usable()).hasSize(9);
    assertThat(load(place).transfers()).isEqualTo(load(export).transfers());
  }

  @Test
  void theHashIsThatOfTheContentInWhateverLayout() {
    add(place, Saved.some(0, 8));
    Path pieces = folder.resolve("pieces");
    for (int i = 7; i >= 0; i--) {
      add(pieces, Saved.some(i, i + 1));
    }
    assertThat(load(pieces).parts()).hasSize(8);
    String hash = load(place).hash();
    assertThat(load(pieces).hash()).isEqualTo(hash);
    LibraryFolder.at(pieces).note(transfer(9, Saved.of(1), Saved.of(2)), Saved.TODAY);
    assertThat(load(pieces).hash()).isNotEqualTo(hash);
  }

  @Test
  void expiredAndSuspendedEntriesAreToldAndNotUsed() {
    add(
        place,
        List.of(
            Saved.expiring(Saved.of(0), "2026-06-01"),
            Saved.expiring(Saved.of(1), "2026-06-02"),
            Saved.of(2)));
    EntryFilter two = EntryFilter.ALL.labels(Set.of(2));
    int marked =
        LibraryFolder.at(place)
            .mark(two, LibraryFolder.marking(Status.SUSPENDED, null), Saved.TODAY);
    assertThat(marked).isEqualTo(1);
    ExampleLibrary library = load(place);
    assertThat(library.usable()).extracting(Entry::label).containsExactly(1);
    assertThat(library.sound()).hasSize(3);
    assertThat(library.damaged()).isEmpty();
    assertThat(library.leftOut())
        .extracting(LeftOut::fault, LeftOut::reason)
        .containsExactlyInAnyOrder(
            tuple(Fault.EXPIRED, "it expired on 2026-06-01"),
            tuple(Fault.SUSPENDED, "it is suspended"));
    assertThat(ExampleLibrary.load(place, LocalDate.parse("2026-06-02")).usable()).isEmpty();
  }

  @Test
  void pruningDeletesExpiredPixelsForGood() throws IOException {
    add(place, List.of(Saved.expiring(Saved.of(0), "2026-03-01"), Saved.of(1)));
    add(place, Saved.some(2, 4));
    assertThat(LibraryFolder.at(place).prune(Saved.TODAY, false))
        .isEqualTo(new LibraryFolder.Pruned(1, 0, 3));
    assertThat(load(place).sound()).hasSize(3);
    byte[] gone = Content.bytes(Saved.of(0).content().clean());
    for (List<Byte> content : files(place).values()) {
      byte[] bytes = new byte[content.size()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = content.get(i);
      }
      assertThat(Collections.indexOfSubList(content, list(gone))).isNegative();
    }
    Map<String, List<Byte>> before = files(place);
    assertThat(LibraryFolder.at(place).prune(Saved.TODAY, false).expired()).isZero();
    assertThat(files(place)).as("nothing to do, nothing written").isEqualTo(before);
  }

  private static List<Byte> list(byte[] bytes) {
    List<Byte> list = new ArrayList<>();
    for (byte b : bytes) {
      list.add(b);
    }
    return list;
  }

  @Test
  void oneProcessChangesALibraryAtATime() {
    add(place, Saved.some(0, 2));
    try (FolderLock lock = Objects.requireNonNull(FolderLock.take(place.resolve(".lock")))) {
      assertThatThrownBy(() -> add(place, Saved.some(2, 3)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("another process is changing");
      assertThat(load(place).usable()).as("readers are not kept waiting").hasSize(2);
    }
    add(place, Saved.some(2, 3));
    assertThat(load(place).usable()).hasSize(3);
    assertThat(place.resolve(".lock")).doesNotExist();
  }

  @Test
  void foldersOfOtherThingsAreLeftAlone() throws IOException {
    Files.createDirectories(place);
    Files.writeString(place.resolve("thesis.tex"), "mine");
    assertThatThrownBy(() -> LibraryFolder.at(place))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected a new or empty folder, or a library of examples")
        .hasMessageContaining("thesis.tex");
    Path other = folder.resolve("other");
    add(other, Saved.some(0, 2));
    assertThatThrownBy(() -> LibraryCopy.write(List.of(load(other)), EntryFilter.ALL, false, place))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> load(place))
        .hasMessageContaining("expected a library of examples, a folder with library.json");
    assertThatThrownBy(() -> load(folder.resolve("nothing")))
        .hasMessageContaining("found no such folder");
  }

  /** A copy replaces the whole folder, whatever is in it. */
  @Test
  void aLibraryWithOtherThingsBesideItIsNotReplaced() throws IOException {
    Path other = folder.resolve("other");
    add(other, Saved.some(0, 2));
    for (String name : List.of("NOTES.txt", ".git")) {
      add(place, Saved.some(2, 5));
      Path foreign = Files.writeString(place.resolve(name), "mine");
      assertThatThrownBy(
              () -> LibraryCopy.write(List.of(load(other)), EntryFilter.ALL, false, place))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("nothing beside it")
          .hasMessageContaining(name);
      assertThat(foreign).hasContent("mine");
      assertThat(load(place).usable()).hasSize(3);
      Files.delete(foreign);
    }
    assertThat(LibraryCopy.write(List.of(load(other)), EntryFilter.ALL, false, place)).isEqualTo(2);
    assertThat(load(place).ids()).isEqualTo(load(other).ids());
  }

  @Test
  void aLibraryThatIsBeingChangedIsNotReplaced() {
    Path other = folder.resolve("other");
    add(other, Saved.some(0, 2));
    add(place, Saved.some(2, 5));
    FolderLock lock = Objects.requireNonNull(FolderLock.take(place.resolve(".lock")));
    try {
      assertThatThrownBy(
              () -> LibraryCopy.write(List.of(load(other)), EntryFilter.ALL, false, place))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("one that another process is changing");
    } finally {
      lock.delete();
    }
    assertThat(load(place).usable()).hasSize(3);
  }

  @Test
  void entriesAreFoundByTheBeginningOfTheirId() {
    add(place, Saved.some(0, 9));
    ExampleLibrary library = load(place);
    String id = Saved.of(4).entry().id();
    assertThat(library.find(id.substring(0, 10))).isEqualTo(Saved.of(4).entry());
    assertThatThrownBy(() -> library.find(""))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("9 of them");
    assertThatThrownBy(() -> library.find("zz")).hasMessageContaining("none that is sound");
  }

  @Test
  void aFileChangedWhileInUseIsNoticed() throws IOException {
    add(place, Saved.some(0, 3));
    ExampleLibrary library = load(place);
    Path tensors = place.resolve(library.manifest().parts().get(0).tensorsFile());
    byte[] bytes = Files.readAllBytes(tensors);
    bytes[bytes.length - 3 * Long.BYTES - 1] ^= 1; // the last clean value, in place
    Files.write(tensors, bytes);
    Entry last = Saved.of(2).entry();
    assertThatThrownBy(() -> library.content(last))
        .hasMessageContaining("was changed while it was in use");
  }
}
