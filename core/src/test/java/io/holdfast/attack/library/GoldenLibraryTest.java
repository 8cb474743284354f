package io.holdfast.attack.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A folder of format version 1, which every later version must read as it stands. Never make it
 * anew: a new version of the format gets a folder of its own.
 */
class GoldenLibraryTest {
  private static final String RESOURCE = "/library/golden-v1/";
  private static final String HASH =
      "aa783bdc31d80fd6beea7b0084f74d630adbf076171f36e9ec0f31f7e5e28897";
  private static final String PIXELS =
      "fc2465f2c0aa1eaa91ff96bbf43a485ca97e2f5a397071b411faf7daa0ee3730";
  private static final String TURNED =
      "4a52b4a7ede1f55c8f79692479276656dc68dc9e5962f8b5ddfed5cd23181375";

  private final Path folder;

  GoldenLibraryTest(@TempDir Path folder) throws IOException {
    this.folder = folder.resolve("golden");
    Files.createDirectories(this.folder);
    copy(Manifest.FILE);
    for (String name : Manifest.read(this.folder).files()) {
      copy(name);
    }
  }

  private void copy(String name) throws IOException {
    try (InputStream in = GoldenLibraryTest.class.getResourceAsStream(RESOURCE + name)) {
      Files.copy(Objects.requireNonNull(in, name), folder.resolve(name));
    }
  }

  private ExampleLibrary load() {
    return ExampleLibrary.load(folder, Saved.TODAY);
  }

  @Test
  void versionOneIsReadForEver() {
    ExampleLibrary library = load();
    assertThat(library.leftOut())
        .extracting(LeftOut::fault, LeftOut::reason)
        .containsExactly(tuple(LeftOut.Fault.EXPIRED, "it expired on 2026-05-01"));
    assertThat(library.hash()).isEqualTo(HASH);
    Entry pixels = library.find(PIXELS);
    assertThat(pixels.label()).isEqualTo(1);
    assertThat(pixels.prediction()).isEqualTo(2);
    assertThat(pixels.confidence()).isEqualTo(0.75);
    assertThat(pixels.trueConfidence()).isEqualTo(0.125);
    assertThat(pixels.distances()).isEqualTo(new Distances(2, 0.1875, 0.13975424859373686, 0.125));
    assertThat(pixels.threat()).isEqualTo(ThreatModel.linf(0.25).within(0, 1).named("lab", 3));
    assertThat(pixels.attack())
        .isEqualTo(new AttackOrigin("pgd[steps=5]", 7, "float32", "0.1.0", 6, 5));
    assertThat(pixels.model()).isEqualTo(new ModelOrigin("ab".repeat(32), "cd".repeat(32), "mlp"));
    assertThat(pixels.source())
        .isEqualTo(new SampleSource("größer", "ef".repeat(32), 42, "MIT", "study-3", ""));
    assertThat(pixels.date()).isEqualTo(LocalDate.parse("2026-01-02"));
    assertThat(pixels.expires()).isEqualTo(LocalDate.parse("2027-01-02"));
    assertThat(library.content(pixels).clean()).containsExactly(0.25f, 0.5f, 0.75f, 1);
    assertThat(library.content(pixels).adversarial()).containsExactly(0.375f, 0.5f, 0.6875f, 1);
    Entry turned = library.find(TURNED);
    assertThat(library.content(turned).variables()).containsExactly(20, 0.0625f, 0);
    assertThat(library.transfers()).extracting(Transfer::fooled).containsExactly(Set.of(PIXELS));
  }

  /** On every platform and Java; as long as version 1 is the version that is written. */
  @Test
  void itIsWrittenBackByteForByte() throws IOException {
    Path copy = folder.resolveSibling("copy");
    LibraryCopy.write(List.of(load()), EntryFilter.ALL, false, copy);
    List<String> names = new ArrayList<>(Manifest.read(folder).files());
    names.add(Manifest.FILE);
    try (var files = Files.list(copy)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(names);
    }
    for (String name : names) {
      assertThat(copy.resolve(name)).hasSameBinaryContentAs(folder.resolve(name));
    }
  }
}
