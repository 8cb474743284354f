package io.holdfast.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Seed;
import io.holdfast.record.Mutations;
import io.holdfast.tensor.TensorOwner;
import io.holdfast.threat.Domain;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to a bundle, reading it gives the same model or one clear message. */
class BundleDamageTest {
  private final Path folder;
  private final Path zip;
  private String id = "";

  BundleDamageTest(@TempDir Path folder) {
    this.folder = folder.resolve("model");
    this.zip = folder.resolve("model.holdfast");
  }

  @BeforeEach
  void write() {
    try (Bundle bundle = Samples.tiny(1)) {
      id = bundle.id();
      bundle.write(zip);
      bundle.write(folder);
    }
  }

  /** True if the bundle reads as the same model, false if it is refused. */
  private boolean same(Path path) {
    try (Bundle read = Bundle.read(path)) {
      assertThat(read.id()).isEqualTo(id);
      assertThat(read.classNames()).isEqualTo(Samples.CLASSES);
      return true;
    } catch (InvalidInputException e) {
      assertThat(e.problems()).isNotEmpty();
      assertThat(e.getMessage()).contains("model").doesNotContain("Exception");
      return false;
    }
  }

  /** Accepted are only bytes that carry nothing: the zip's own times, sums and versions. */
  @Test
  void everyByteFlipped() throws IOException {
    long open = TensorOwner.openCount();
    byte[] whole = Files.readAllBytes(zip);
    int accepted = 0;
    for (int i = 0; i < whole.length; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      Files.write(zip, flipped);
      accepted += same(zip) ? 1 : 0;
    }
    assertThat(accepted).isLessThan(4 * 80); // 30 bytes before and 46 after each of four entries
    assertThat(TensorOwner.openCount()).isEqualTo(open);
  }

  /** In a folder no checksum of a zip helps: {@code bundle.json} vouches for itself. */
  @Test
  void everyByteOfTheManifestFlipped() throws IOException {
    Path file = folder.resolve("bundle.json");
    String whole = Files.readString(file);
    byte[] bytes = Files.readAllBytes(file);
    int refused = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte[] flipped = bytes.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      Files.write(file, flipped);
      if (same(folder)) {
        assertThat(Json.read(file)).isEqualTo(Json.parse(whole, "whole"));
      } else {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(bytes.length * 3 / 4);
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(zip);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(zip, Arrays.copyOf(whole, length));
      assertThat(same(zip)).as("%d bytes", length).isFalse();
    }
  }

  @Test
  void randomDamage() throws IOException {
    byte[] whole = Files.readAllBytes(zip);
    RandomGenerator random = new Seed(21).generator();
    int refused = 0;
    for (int i = 0; i < 500; i++) {
      Files.write(zip, Mutations.of(whole, random));
      refused += same(zip) ? 0 : 1;
    }
    assertThat(refused).isGreaterThan(400);
  }

  // ---- messages

  private void assertRefused(Path path, String... parts) {
    assertThatThrownBy(() -> Bundle.read(path).close())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(parts);
  }

  private void replace(String name, String old, String changed) throws IOException {
    Path file = folder.resolve(name);
    String text = Files.readString(file);
    assertThat(text).contains(old);
    Files.writeString(file, text.replace(old, changed));
  }

  @Test
  void everyDamagedEntryIsNamed() throws IOException {
    replace("graph.json", "linear", "linerr");
    replace("threat.json", "0.1", "0.2");
    Files.delete(folder.resolve("weights.safetensors"));
    assertRefused(
        folder,
        "3 problems",
        "graph.json: expected SHA-256",
        "threat.json: expected SHA-256",
        "weights.safetensors: expected an entry that bundle.json lists, found nothing");
  }

  @Test
  void theManifestIsChecked() throws IOException {
    replace("bundle.json", "größer", "kleiner");
    assertRefused(folder, "bundle.json", "id: expected SHA-256", "changed after it was written");
    replace("bundle.json", "\"version\" : 1", "\"version\" : 2");
    assertRefused(
        folder, "version: expected format version 1, found 2 (a later Holdfast wrote it)");
    replace("bundle.json", "holdfast-bundle", "other");
    assertRefused(folder, "format: expected \"holdfast-bundle\", found \"other\"");
    Files.writeString(folder.resolve("bundle.json"), "{\"format\": ");
    assertRefused(folder, "bundle.json:1", "expected valid JSON");
    Files.writeString(
        folder.resolve("bundle.json"), "{\"format\": \"holdfast-bundle\", \"version\": 1}");
    assertRefused(folder, "id: expected", "domain: expected", "provenance: expected", "sha256");
    Files.write(folder.resolve("bundle.json"), new byte[] {'"', (byte) 0xff, '"'});
    assertRefused(folder, "bundle.json: expected text in UTF-8");
    Files.delete(folder.resolve("bundle.json"));
    assertRefused(folder, "bundle.json: expected an entry of this name, found nothing");
  }

  /** Entries that carry the right hashes but do not belong together. */
  @Test
  void contentsMustFitTogether() throws IOException {
    replace("graph.json", "[ 1, 2, 2 ]", "[ 1, 2, 3 ]");
    replace("threat.json", "linf", "l7");
    rehash();
    assertRefused(folder, "weights.safetensors", "shape [5, 6]", "threat.json", "l7");
    write();
    Manifest manifest = manifest();
    Manifest wrong =
        new Manifest(
            manifest.architecture(),
            List.of("cat", "cat"),
            List.of(4),
            new Domain(0, 255),
            null,
            manifest.provenance(),
            manifest.sha256());
    Files.writeString(folder.resolve("bundle.json"), wrong.toJson());
    assertRefused(
        folder,
        "class_names: expected 3 names, one for each class, found 2 names",
        "different names",
        "input_shape: expected [1, 2, 2] as in graph.json, found [4]",
        "domain");
  }

  private Manifest manifest() throws IOException {
    return Manifest.read(Files.readString(folder.resolve("bundle.json")), "bundle.json");
  }

  private void rehash() throws IOException {
    Manifest manifest = manifest();
    for (String name : manifest.sha256().keySet()) {
      manifest = manifest.with(name, Hashes.sha256Hex(folder.resolve(name)));
    }
    Files.writeString(folder.resolve("bundle.json"), manifest.toJson());
  }

  // ---- hostile zips

  private Map<String, byte[]> entries() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    for (String name : List.of("bundle.json", "graph.json", "weights.safetensors")) {
      entries.put(name, Files.readAllBytes(folder.resolve(name)));
    }
    return entries;
  }

  private void pack(Map<String, byte[]> entries) throws IOException {
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream packed = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        packed.putNextEntry(new ZipEntry(e.getKey()));
        packed.write(e.getValue());
        packed.closeEntry();
      }
    }
  }

  @Test
  void pathsOutsideAreRefused() throws IOException {
    for (String name : List.of("../evil.json", "/etc/evil", "C:\\evil", "a/graph.json", "sub/")) {
      Map<String, byte[]> entries = entries();
      entries.put(name, new byte[0]);
      pack(entries);
      assertRefused(zip, name + ": expected one of bundle.json");
      assertThat(Path.of("../evil.json")).doesNotExist();
    }
  }

  @Test
  void compressedEntriesAreRefusedBeforeTheyAreUnpacked() throws IOException {
    Map<String, byte[]> entries = entries();
    entries.put("weights.safetensors", new byte[50 << 20]);
    pack(entries);
    assertThat(Files.size(zip)).isLessThan(200_000);
    assertRefused(zip, "weights.safetensors: expected one uncompressed entry", "unpack the zip");
  }

  @Test
  void aFloodOfEntriesIsOneMessage() throws IOException {
    Map<String, byte[]> entries = entries();
    for (int i = 0; i < 1000; i++) {
      entries.put("entry" + i, new byte[0]);
    }
    pack(entries);
    assertRefused(zip, "expected a zip of at most 5 entries, found 1003 entries");
  }

  @Test
  void anEntryTwiceIsRefused() throws IOException {
    byte[] json = new byte[0];
    pack(Map.of("bundle.json", json, "bundle.jsoN", json));
    String packed = Files.readString(zip, StandardCharsets.ISO_8859_1);
    Files.writeString(zip, packed.replace("jsoN", "json"), StandardCharsets.ISO_8859_1);
    assertRefused(zip, "bundle.json");
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Files.writeString(zip, "not a zip");
    assertRefused(zip, "model.holdfast", "whole zip file or a folder");
    Files.write(zip, new byte[0]);
    assertRefused(zip, "model.holdfast", "whole zip file or a folder");
  }
}
