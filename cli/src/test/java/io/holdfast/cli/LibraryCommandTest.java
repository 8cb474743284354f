package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.common.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command group {@code library} on real files of a small run. */
final class LibraryCommandTest {
  private static final String TODAY = "2026-06-01";

  private static Path folder;
  private static Path file;
  private static Path run;
  private static Path attacked;
  private static Path library;
  private static int saved;

  @BeforeAll
  static void trainAndAttack(@TempDir Path directory) throws IOException {
    folder = directory;
    file = Ran.experiment(folder);
    run = folder.resolve("run");
    Ran trained = // a standard model, right about more than it would be after so little hardening
        Ran.command(
            "harden",
            file,
            "--out",
            run,
            "--set",
            "train.objective=standard",
            "--set",
            "train.epochs=12");
    assertThat(trained.exit()).as(trained.err()).isZero();
    attacked = folder.resolve("attacked");
    Ran attack =
        Ran.command(
            "attack",
            "--model",
            run.resolve("model.holdfast"),
            "--data",
            folder.resolve("train.safetensors"),
            "--threat",
            "linf:0.1",
            "--attack",
            "pgd[steps=5]",
            "--examples",
            200,
            "--out",
            attacked);
    assertThat(attack.exit()).as(attack.err()).isZero();
    library = folder.resolve("library");
    JsonNode added = json(library("add", library, "--from", attacked, "--consent", "study-3"));
    saved = added.path("added").asInt();
    assertThat(saved).isGreaterThan(20);
    assertThat(added.path("refused")).isEmpty();
  }

  /** Runs a subcommand as on a fixed day, with JSON for a result. */
  private static Ran library(Object... args) {
    return plain(with(args, "--json"));
  }

  private static Ran plain(Object... args) {
    List<Object> all = new ArrayList<>(List.of("library"));
    all.addAll(Arrays.asList(args));
    all.addAll(List.of("--today", TODAY));
    return Ran.command(all.toArray());
  }

  private static Object[] with(Object[] args, Object... more) {
    return Stream.concat(Arrays.stream(args), Arrays.stream(more)).toArray();
  }

  private static JsonNode json(Ran ran) {
    assertThat(ran.exit()).as(ran.err()).isZero();
    return Json.parse(ran.out(), "output");
  }

  private static JsonNode list(Path place, Object... more) {
    return json(library(with(new Object[] {"list", place, "--limit", 0}, more)));
  }

  private static List<String> ids(JsonNode list) {
    return list.path("entries").findValuesAsText("id");
  }

  /** A copy that a test may spoil. */
  private static Path copy(String name) {
    Path copy = folder.resolve(name);
    json(library("import", copy, library));
    return copy;
  }

  @Test
  void entriesKnowWhereTheyComeFrom() {
    JsonNode all = list(library);
    assertThat(all.path("usable").asInt()).isEqualTo(saved);
    assertThat(all.path("left_out")).isEmpty();
    JsonNode entry = all.path("entries").path(0);
    assertThat(entry.at("/threat/name").asText()).isEqualTo("linf:0.1");
    assertThat(entry.at("/threat/version").asInt()).isEqualTo(1);
    assertThat(entry.at("/attack/key").asText()).startsWith("pgd[steps=5");
    assertThat(entry.at("/attack/gradients").asLong()).isPositive();
    assertThat(entry.at("/model/architecture").asText()).isEqualTo("mlp[hidden=16]");
    assertThat(entry.at("/model/bundle").asText()).hasSize(64);
    assertThat(entry.at("/source/consent").asText()).isEqualTo("study-3");
    assertThat(entry.at("/date").asText()).isEqualTo(TODAY);
    assertThat(entry.at("/distances/linf").asDouble()).isBetween(0.0, 0.100001);
    assertThat(entry.at("/label").asInt()).isNotEqualTo(entry.at("/prediction").asInt());
  }

  @Test
  void runningTheAttackNowSavesTheSameExamples() {
    Path now = folder.resolve("now");
    JsonNode added =
        json(
            library(
                "add",
                now,
                "--model",
                run.resolve("model.holdfast"),
                "--data",
                folder.resolve("train.safetensors"),
                "--threat",
                "linf:0.1",
                "--attack",
                "pgd[steps=5]",
                "--examples",
                200,
                "--workers",
                1));
    assertThat(added.path("added").asInt()).isEqualTo(saved);
    assertThat(ids(list(now))).isEqualTo(ids(list(library)));
    assertThat(folder.resolve(".now.attack")).doesNotExist();
    JsonNode again = json(library("add", now, "--from", attacked));
    assertThat(again.path("added").asInt()).isZero();
    assertThat(again.path("duplicates").asInt()).isEqualTo(saved);
  }

  @Test
  void theGalleryOfARunIsTakenToo() {
    Path gallery = folder.resolve("gallery");
    JsonNode added =
        json(library("add", gallery, "--from", run, "--licence", "MIT", "--expires", "2030-01-01"));
    assertThat(added.path("added").asInt()).isPositive();
    assertThat(added.path("refused")).isEmpty();
    JsonNode entry = list(gallery).path("entries").path(0);
    assertThat(entry.at("/source/licence").asText()).isEqualTo("MIT");
    assertThat(entry.at("/expires").asText()).isEqualTo("2030-01-01");
    assertThat(entry.at("/model/weights").asText())
        .isEqualTo(list(library).at("/entries/0/model/weights").asText());
    assertThat(entry.at("/attack/key").asText()).isNotEmpty();
  }

  /** They are checked by the parameters that made them, which the gallery keeps. */
  @Test
  void theGalleryOfATransformationIsTakenToo() {
    Path evaluated = folder.resolve("flowed");
    Ran ran =
        Ran.command(
            "evaluate",
            "--model",
            run.resolve("model.holdfast"),
            "--data",
            folder.resolve("train.safetensors"),
            "--threat",
            "flow",
            "--attack",
            "pgd[steps=3]",
            "--examples",
            48,
            "--out",
            evaluated);
    assertThat(ran.exit()).as(ran.err()).isZero();
    Path place = folder.resolve("flow-library");
    JsonNode added = json(library("add", place, "--from", evaluated));
    assertThat(added.path("added").asInt()).isPositive();
    assertThat(added.path("refused")).isEmpty();
    assertThat(plain("verify", place, "--model", run.resolve("model.holdfast")).exit()).isZero();
  }

  @Test
  void listAndShowSpeakToPeople() {
    Ran list = plain("list", library, "--limit", 3, "--attack", "pgd");
    assertThat(list.out())
        .contains("id", "linf 0.", "active", "and " + (saved - 3) + " more")
        .contains(saved + " entries: " + saved + " usable, 0 expired, 0 suspended, 0 damaged");
    String id = ids(list(library)).get(0);
    Path pictures = folder.resolve("pictures");
    Ran show = plain("show", library, id.substring(0, 16), "--png", pictures);
    assertThat(show.exit()).as(show.err()).isZero();
    assertThat(show.out()).contains(id, "study-3", "pgd[steps=5").contains("threat");
    assertThat(pictures.resolve(id + ".png")).exists();
    assertThat(pictures.resolve(id + "-clean.png")).exists();
    assertThat(plain("show", library, "zz").err()).contains("found none that is sound");
  }

  @Test
  void filtersMeetInOneEntry() {
    JsonNode one = list(library).path("entries").path(0);
    String linf = "linf:" + one.at("/distances/linf").asDouble() + "..0.2";
    JsonNode found =
        list(
            library,
            "--attack",
            "pgd",
            "--threat",
            "linf:0.1",
            "--class",
            one.path("label").asInt(),
            "--distance",
            linf,
            "--status",
            "active",
            "--since",
            TODAY,
            "--until",
            TODAY,
            "--of-model",
            one.at("/model/weights").asText().substring(0, 8));
    assertThat(ids(found)).contains(one.path("id").asText());
    assertThat(ids(list(library, "--until", "2026-05-31"))).isEmpty();
    Path out = folder.resolve("filtered");
    JsonNode written =
        json(library("filter", library, "--out", out, "--class", one.path("label").asInt()));
    assertThat(written.path("entries").asInt()).isPositive();
    assertThat(list(out).path("entries"))
        .allMatch(e -> e.path("label").asInt() == one.path("label").asInt());
  }

  @Test
  void consentLicenceAndDataAreSelected() {
    Path mixed = copy("terms");
    JsonNode free = json(library("add", mixed, "--from", run, "--licence", "MIT"));
    int added = free.path("added").asInt();
    assertThat(added).isPositive();
    assertThat(list(mixed, "--consent", "study-3").path("matching").asInt()).isEqualTo(saved);
    assertThat(list(mixed, "--consent", "study").path("matching").asInt()).isZero();
    assertThat(list(mixed, "--consent", "none").path("matching").asInt()).isEqualTo(added);
    assertThat(list(mixed, "--consent", "none", "--consent", "study-3").path("matching").asInt())
        .isEqualTo(saved + added);
    assertThat(list(mixed, "--licence", "none").path("matching").asInt()).isEqualTo(saved);
    String data = list(library).at("/entries/0/source/data").asText();
    assertThat(list(mixed, "--data", data, "--licence", "none").path("matching").asInt())
        .isEqualTo(saved);
    assertThat(list(mixed, "--data", "none").path("matching").asInt()).isZero();
    Path out = folder.resolve("free");
    JsonNode export = json(library("export", mixed, "--out", out, "--licence", "MIT"));
    assertThat(export.path("entries").asInt()).isEqualTo(added);
    JsonNode kept = json(library("filter", mixed, "--out", out, "--consent", "study-3"));
    assertThat(kept.path("entries").asInt()).isEqualTo(saved);
    Ran mark = library("mark", mixed, "--consent", "study-3", "--as", "suspended");
    assertThat(json(mark).path("changed").asInt()).isEqualTo(saved);
    assertThat(list(mixed).path("usable").asInt()).isEqualTo(added);
  }

  @Test
  void verifyPassesWhatIsSoundAndNamesWhatIsNot() throws IOException {
    Ran sound =
        plain(
            "verify",
            library,
            "--model",
            run.resolve("model.holdfast"),
            "--data",
            folder.resolve("train.safetensors"));
    assertThat(sound.exit()).as(sound.out() + sound.err()).isZero();
    assertThat(sound.out()).contains(saved + " usable", "0 damaged", "hash ");
    Ran other = plain("verify", library, "--data", folder.resolve("test.safetensors"));
    assertThat(other.exit()).isEqualTo(Exit.GATE_NOT_MET);
    assertThat(other.out()).contains("test.safetensors");

    Path spoilt = copy("spoilt");
    Path tensors = only(spoilt, ".safetensors");
    byte[] bytes = Files.readAllBytes(tensors);
    bytes[3000] ^= 8;
    Files.delete(tensors);
    Files.write(tensors, bytes);
    Ran bad = library("verify", spoilt);
    assertThat(bad.exit()).isEqualTo(Exit.GATE_NOT_MET);
    JsonNode told = Json.parse(bad.out(), "output");
    assertThat(told.path("usable").asInt()).isEqualTo(saved - 1);
    assertThat(told.path("left_out")).hasSize(1);
    assertThat(told.at("/left_out/0/fault").asText()).isEqualTo("changed");
    Ran listed = plain("list", spoilt);
    assertThat(listed.exit()).isZero();
    assertThat(listed.err()).contains("left out: the content does not match its hash");
    Ran refused = plain("prune", spoilt);
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err()).contains("prune --damaged");
    assertThat(plain("prune", spoilt, "--damaged").out())
        .contains("0 expired and 1 damaged entries deleted, " + (saved - 1) + " kept");
    assertThat(plain("verify", spoilt).exit()).isZero();
  }

  private static Path only(Path place, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      List<Path> found = files.filter(f -> f.toString().endsWith(suffix)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  @Test
  void exportsComeBackByteForByteAndMergesKeepEachOnce() throws IOException {
    Path export = folder.resolve("export");
    json(library("export", library, "--out", export));
    Path imported = folder.resolve("imported");
    json(library("import", imported, export));
    try (Stream<Path> files = Files.list(export)) {
      for (Path each : files.toList()) {
        assertThat(imported.resolve(each.getFileName())).hasSameBinaryContentAs(each);
      }
    }
    assertThat(names(imported)).isEqualTo(names(export));
    Path merged = folder.resolve("merged");
    JsonNode both = json(library("merge", library, imported, "--out", merged));
    assertThat(both.path("entries").asInt()).isEqualTo(saved);
    assertThat(both.path("hash").asText()).isEqualTo(list(library).path("hash").asText());
  }

  private static List<String> names(Path place) throws IOException {
    try (Stream<Path> files = Files.list(place)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void markedAndExpiredEntriesAreNotUsedAndPruned() {
    Path place = copy("marked");
    int label = list(place).at("/entries/0/label").asInt();
    JsonNode marked = json(library("mark", place, "--class", label, "--expires", TODAY));
    int old = marked.path("changed").asInt();
    assertThat(old).isPositive();
    assertThat(plain("list", place).err()).contains("left out: it expired on " + TODAY);
    json(library("mark", place, "--as", "suspended", "--attack", "pgd"));
    assertThat(list(place).path("usable").asInt()).isZero();
    json(library("mark", place, "--as", "active"));
    assertThat(list(place).path("usable").asInt()).isEqualTo(saved - old);
    assertThat(plain("verify", place).exit()).as("nothing is damaged").isZero();
    JsonNode pruned = json(library("prune", place));
    assertThat(pruned.path("expired").asInt()).isEqualTo(old);
    assertThat(pruned.path("kept").asInt()).isEqualTo(saved - old);
    assertThat(list(place).path("left_out")).isEmpty();
  }

  @Test
  void transferIsMeasuredAndKept() {
    Path place = copy("transferred");
    JsonNode own =
        json(library("transfer", place, "--model", run.resolve("model.holdfast"), "--record"));
    assertThat(own.at("/fooled/value").asDouble()).as("the model they were made for").isEqualTo(1);
    assertThat(own.at("/fooled/n").asInt()).isEqualTo(saved);
    Path other = folder.resolve("other");
    Ran trained =
        Ran.command("harden", file, "--out", other, "--set", "seed=8", "--set", "train.epochs=1");
    assertThat(trained.exit()).as(trained.err()).isZero();
    Ran table = plain("transfer", place, "--model", other.resolve("model.holdfast"), "--record");
    assertThat(table.exit()).as(table.err()).isZero();
    assertThat(table.out()).contains("of pgd", "right when clean", "more examples");
    ExampleLibrary kept = ExampleLibrary.load(place, LocalDate.parse(TODAY));
    assertThat(kept.transfers()).hasSize(2);
    assertThat(plain("show", place, ids(list(place)).get(0)).out()).contains("\"fooled\":true");
  }

  @Test
  void recipesTrainOnTheLibrary() throws IOException {
    Path book = folder.resolve("book.yaml");
    Files.writeString(
        book,
        """
        experiment:
          data: {train: "%1$s/train.safetensors", test: "%1$s/test.safetensors", validation: 0}
          model: {architecture: "mlp[hidden=16]"}
          threat: "linf:0.1"
          train: {epochs: 1, batch: 64, attack: {name: pgd, steps: 1}}
          evaluate: {attacks: [fgsm], examples: 1, curve: 0}
        families:
          plain: {objective: pgd-at}
          saved: {objective: pgd-at, set: {train.library: {path: "%2$s", ratio: 0.5}}}
        judge: {attacks: [fgsm], examples: 16}
        clock: plain
        """
            .formatted(folder, copy("of-a-book")));
    Path out = folder.resolve("compared");
    Ran ran = Ran.command("objectives", "--measure", book, "--out", out);
    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(out.resolve("saved/metrics.jsonl")).content().contains("library_accuracy");
    assertThat(out.resolve("plain/metrics.jsonl")).content().doesNotContain("library_accuracy");
  }

  @Test
  void anExperimentTrainsOnTheLibrary() throws IOException {
    Path place = copy("trained-on");
    Path out = folder.resolve("mixed");
    Object[] settings = {
      "--set",
      "train.library={path: \"" + place + "\", ratio: 0.5, difficulty: {by: models, least: 0.2}}"
    };
    Ran mixed = harden(out, settings);
    assertThat(mixed.exit()).as(mixed.err()).isZero();
    assertThat(out.resolve("model.holdfast"))
        .satisfies(
            m ->
                assertThat(Files.readAllBytes(m))
                    .isNotEqualTo(bytes(run.resolve("model.holdfast"))));
    JsonNode origin = Json.read(out.resolve("experiment.json"));
    assertThat(origin.at("/data_hashes/library").asText()).hasSize(64);
    assertThat(origin.at("/configuration/train/library/attacks/0").asText()).isEqualTo("pgd");
    assertThat(Files.readString(out.resolve("metrics.jsonl"))).contains("library_accuracy");
    Ran dry = harden(folder.resolve("dry"), with(settings, "--dry-run"));
    assertThat(dry.out()).contains("library     library " + place, "saved examples of pgd");
    // the same library goes on, a changed one is refused by name
    assertThat(harden(out, with(settings, "--resume")).exit()).isZero();
    json(library("mark", place, "--class", 0, "--class", 1, "--class", 2, "--as", "suspended"));
    Ran refused = harden(out, with(settings, "--resume"));
    assertThat(refused.exit()).isEqualTo(Exit.BAD_INPUT);
    assertThat(refused.err())
        .contains("the run to resume: content of library: expected")
        .hasLineCount(1);
  }

  private static Ran harden(Path out, Object... more) {
    return Ran.command(with(new Object[] {"harden", file, "--out", out}, more));
  }

  private static byte[] bytes(Path path) throws IOException {
    return Files.readAllBytes(path);
  }

  @Test
  void badInputIsToldAllAtOnce() {
    refused(
        library("add", folder.resolve("x"), "--attack", "pdg", "--expires", "2026-05-01"),
        "4 problems:",
        "--expires: expected a day after 2026-06-01, found 2026-05-01",
        "--attack pdg: expected an attack; ",
        "--model: expected a bundle",
        "--data: expected labelled samples, found nothing");
    refused(
        library("add", folder.resolve("x"), "--from", attacked, "--attack", "pgd"),
        "--from: expected either --from, or --model, --data and --attack, found both");
    refused(
        library("add", folder.resolve("x"), "--from", attacked, "--seed", 3, "--workers", 2),
        "--seed: expected nothing: the examples of --from are there already, found it",
        "--workers: expected nothing");
    refused(
        library("add", folder.resolve("x"), "--from", folder.resolve("nothing")),
        "expected the folder of a finished attack, evaluation or experiment, found nothing");
    refused(
        library("add", run, "--from", attacked),
        run + ": expected a new or empty folder, or a library of examples, found a folder with ");
    refused(library("list", folder.resolve("nothing")), "found no such folder");
    refused(
        library("list", library, "--distance", "linf=3"),
        "--distance linf=3: expected a norm and two ends, such as linf:0..0.05");
    refused(library("mark", library), "expected --as STATUS or --expires DATE, found neither");
    refused(
        library("transfer", folder.resolve("nothing")),
        "2 problems:",
        "--model: expected a bundle",
        "found no such folder");
    refused(library("list", library, "--since", "yesterday"), "--since");
    refused(
        harden(
            folder.resolve("x"),
            "--set",
            "train.library={ratio: 2, difficulty: {by: size, least: 0.5, most: {from: 1, to: 0.4}}}"),
        "4 problems:",
        "train.library.path: expected a text, found nothing",
        "train.library.ratio: expected a number from 0 to 1, found 2",
        "train.library.difficulty.by: expected one of confidence, models, attacks, found \"size\"",
        "train.library.difficulty.most: expected more than least throughout training");
    refused(
        harden(folder.resolve("x"), "--set", "train.library={path: \"" + folder + "/none\"}"),
        "--set train.library: expected a library of examples, a folder with library.json, found no"
            + " such folder at "
            + folder
            + "/none");
    refused(
        harden(
            folder.resolve("x"),
            "--set",
            "train.library={path: \"" + library + "\"}",
            "--set",
            "threat.epsilon=0.001"),
        "expected examples within linf:0.001, found none; " + saved + " are outside");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  private static void refused(Ran ran, String... words) {
    assertThat(ran.exit()).as(ran.err()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains(words);
    assertThat(ran.out()).isEmpty();
  }
}
