package io.holdfast.common;

import static io.holdfast.common.SettingsTest.failure;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
  record Point(int x, double y, List<String> names) {}

  @Test
  void recordsRoundTripInTheirOwnOrder() {
    Point point = new Point(1, 0.1, List.of("b", "a"));
    assertThat(Json.compact(point)).isEqualTo("{\"x\":1,\"y\":0.1,\"names\":[\"b\",\"a\"]}");
    assertThat(Json.pretty(point))
        .isEqualTo("{\n  \"x\" : 1,\n  \"y\" : 0.1,\n  \"names\" : [ \"b\", \"a\" ]\n}\n");
    assertThat(Json.parse(Json.pretty(point), "p", Point.class)).isEqualTo(point);
    assertThat(Json.tree(point).get("x").asInt()).isEqualTo(1);
  }

  @Test
  void canonicalFormSortsEveryLevel() {
    Map<String, Object> inner = new LinkedHashMap<>(Map.of("z", 1));
    inner.put("a", List.of(2));
    Map<String, Object> outer = new LinkedHashMap<>();
    outer.put("q", inner);
    outer.put("b", Json.object().put("y", 1).put("x", Double.NaN));
    assertThat(Json.canonical(outer))
        .isEqualTo("{\"b\":{\"x\":\"NaN\",\"y\":1},\"q\":{\"a\":[2],\"z\":1}}");
  }

  @Test
  void malformedTextIsNamedWithItsPlace(@TempDir Path folder) throws Exception {
    assertThat(failure(() -> Json.parse("{\"a\":\n 1,, }", "x.json")))
        .startsWith("x.json:2:4: expected valid JSON, found Unexpected character");
    assertThat(failure(() -> Json.parse("{\"a\":1,\"a\":2}", "x.json"))).contains("Duplicate");
    assertThat(failure(() -> Json.parse("{} {}", "x.json"))).startsWith("x.json:");
    assertThat(failure(() -> Json.parse(" ", "x.json")))
        .isEqualTo("x.json: expected JSON, found an empty text");
    assertThat(failure(() -> Json.parse("null", "x.json")))
        .isEqualTo("x.json: expected JSON, found null");
    assertThat(failure(() -> Json.parse("{\"x\":1.5}", "x.json", Point.class)))
        .startsWith("x.json:1:");
    assertThat(failure(() -> Json.parse("{\"y\":1}", "x.json", Point.class)))
        .isEqualTo("x.json:1:7: x: expected valid JSON, found Cannot map `null` into type `int`");
    assertThat(failure(() -> Json.parse("{\"x\":1,\"y\":1,\"names\":[{}]}", "x.json", Point.class)))
        .startsWith("x.json:1:23: names[0]: expected valid JSON");
    assertThat(failure(() -> Json.parse("{\"x\":1,\"y\":1,\"q\":1}", "x.json", Point.class)))
        .startsWith("x.json:1:20: q: expected valid JSON, found Unrecognized field");
    assertThat(failure(() -> Json.parse("[".repeat(100_000), "x.json"))).contains("nesting");
    Path file = folder.resolve("x.json");
    assertThat(failure(() -> Json.read(file)))
        .isEqualTo(file + ": expected an existing file, found no such file");
    Files.writeString(file, "{\"x\":3,\"y\":2,\"names\":[]}");
    assertThat(Json.read(file, Point.class).x()).isEqualTo(3);
  }

  @Test
  void hashesAreThoseOfTheStandard(@TempDir Path folder) throws Exception {
    String abc =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2, appendix
    // B.1
    assertThat(Hashes.sha256Hex("abc")).isEqualTo(abc);
    Path file = Files.writeString(folder.resolve("abc"), "abc");
    assertThat(Hashes.sha256Hex(file)).isEqualTo(abc);
    byte[] large = new byte[200_000];
    new Seed(1).generator().nextBytes(large);
    assertThat(Hashes.sha256Hex(Files.write(file, large))).isEqualTo(Hashes.sha256Hex(large));
    assertThat(failure(() -> Hashes.sha256Hex(folder.resolve("absent")))).contains("no such file");
  }

  @Test
  void problemsCollectOverViewsAndSources() {
    Problems problems = new Problems("a.yaml");
    problems.at("train").at("[0]").add("epochs", "x", "y");
    problems.in("b.yaml").add("", "x", "y", "do z");
    problems.collect(() -> new Problems("c").addAll(new InvalidInputException("d", "e", "f", "g")));
    problems.collect(
        () -> {
          throw new InvalidInputException("d", "e", "f", "g");
        });
    assertThat(new ArrayList<>(problems.list()).stream().map(Problem::message))
        .containsExactly(
            "a.yaml: train[0].epochs: expected x, found y",
            "b.yaml: expected x, found y (do z)",
            "d: e: expected f, found g");
  }
}
