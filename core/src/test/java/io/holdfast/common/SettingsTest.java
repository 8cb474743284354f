package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  static final String EXPERIMENT =
      """
      name: fashion-linf
      seed: 7
      data: {train: "embedded:fashion-mnist/train", test: "embedded:fashion-mnist/test"}
      threat: {perturbation: linf, epsilon: 0.1, domain: [0, 1]}
      train:
        objective: pgd-at            # or {name: trades, beta: 6}
        attack: {name: pgd, steps: 7, step_size: 0.025}
        curriculum: {epsilon: {from: 0.02, to: 0.1, until: 0.2}}
        optimiser: {name: sgd, learning_rate: 0.05, weight_decay: 5e-4, schedule: cyclic}
      evaluate: {attacks: ["fgsm", "pgd[steps=50,restarts=5]"], examples: 1_000}
      """;

  @Test
  void keepsTheOrderAndTypesOfTheFile() {
    Map<String, Object> map = yaml(EXPERIMENT).toMap();
    assertThat(map.keySet()).containsExactly("name", "seed", "data", "threat", "train", "evaluate");
    assertThat(map.get("seed")).isEqualTo(7L);
    assertThat(map.get("threat"))
        .isEqualTo(Map.of("perturbation", "linf", "epsilon", 0.1, "domain", List.of(0L, 1L)));
    assertThat(map.get("evaluate"))
        .isEqualTo(
            Map.of("attacks", List.of("fgsm", "pgd[steps=50,restarts=5]"), "examples", 1000L));
    assertThat(yaml(EXPERIMENT).toJson())
        .contains("\"weight_decay\":5.0E-4")
        .startsWith("{\"data\":{\"test\":");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          5e-4,     5.0E-4
          1_000,    1000
          0x1F,     31
          0o17,     15
          017,      17
          +3,       3
          -.5,      -0.5
          1.,       1.0
          6.02E+23, 6.02E23
          99999999999999999999, 1.0E20
          0xFFFFFFFFFFFFFFFFFF, 4.722366482869645E21
          '5',      "5"
          "true",   "true"
          True,     true
          yes,      "yes"
          1__0,     "1__0"
          1e,       "1e"
          1.2.3,    "1.2.3"
          .,        "."
          8/255,    "8/255"
          !!str 5,  "5"
          !!int 5,  5
          .inf,     "Infinity"
          """)
  void scalarsMeanWhatTheyLookLike(String written, String json) {
    assertThat(yaml("x: " + written).toJson()).isEqualTo("{\"x\":" + json + "}");
  }

  @Test
  void valuesThatAreNothingCountAsMissing() {
    assertThat(yaml("a:\nb: ~\nc: null\nd: ''").toMap()).isEqualTo(Map.of("d", ""));
    assertThat(problems("a:", r -> r.text("a")))
        .containsExactly("x.yaml:1: a: expected a text, found nothing");
  }

  @Test
  void readsJsonFilesAndByteOrderMarks(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("x.json");
    Files.writeString(
        file, "\uFEFF{\n\t\"a\": {\"b\": [1, 2.5, null, true]},\n\t\"c\": \"d\"\n}\n");
    assertThat(Settings.parse(file).toMap().get("a"))
        .isEqualTo(Map.of("b", Arrays.asList(1L, 2.5, null, true)));
  }

  @Test
  void unreadableFilesAreInvalidInput(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("x.yaml");
    assertThat(failure(() -> Settings.parse(file)))
        .isEqualTo(file + ": expected an existing file, found no such file");
    assertThat(failure(() -> Settings.parse(folder)))
        .isEqualTo(folder + ": expected a file, found a folder");
    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xff});
    assertThat(failure(() -> Settings.parse(file)))
        .isEqualTo(file + ": expected text in UTF-8, found other bytes");
    Files.write(file, new byte[Yaml.MAX_CHARS + 1]);
    assertThat(failure(() -> Settings.parse(file))).contains("at most 4 MiB");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''               | x.yaml: expected settings as "key: value" lines, found an empty file
          '# nothing'      | x.yaml: expected settings as "key: value" lines, found an empty file
          '- a'            | x.yaml:1: expected settings as "key: value" lines, found a list
          'text'           | x.yaml:1: expected settings as "key: value" lines, found "text"
          'a: 1~b:~  a: 2~  a: 3' | x.yaml:4: a: expected each key once in its section, found it a second time
          'a: b: c'        | x.yaml:1:5: expected valid YAML, found mapping values are not allowed here
          'a: [1, 2'       | x.yaml:1:9: expected valid YAML, found while parsing a flow sequence: expected ',' or ']', but got <stream end>
          'a:~\t- 1'       | x.yaml:2:1: expected valid YAML, found while scanning for the next token: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)
          'a: !!python/x 1'| x.yaml:1: expected a plain value, list or section, found the tag tag:yaml.org,2002:python/x
          'a: !big {b: 1}' | x.yaml:1: expected a plain value, list or section, found the tag !big
          '[a]: 1'         | x.yaml:1: expected a name before the colon, found something else as key
          'a: &x [*x]'     | x.yaml:1: expected anchors that end, found an anchor that contains itself
          'a: *x'          | x.yaml:1:4: expected valid YAML, found undefined alias x
          """)
  void brokenTextIsOneMessageWithItsPlace(String text, String message) {
    assertThat(failure(() -> yaml(text.replace('~', '\n').replace("\\t-", "\t-"))))
        .isEqualTo(message);
  }

  @Test
  void anchorsAreExpandedButNotWithoutLimit() {
    assertThat(yaml("a: &x {p: 1}\nb: *x").toMap().get("b")).isEqualTo(Map.of("p", 1L));
    StringBuilder bomb = new StringBuilder("a0: &a0 [" + "x,".repeat(100) + "x]\n");
    for (int i = 1; i < 6; i++) {
      bomb.append("a%d: &a%d [%s*a%d]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(7), i - 1));
    }
    assertThat(failure(() -> yaml(bomb.toString()))).contains("after anchors were expanded");
    assertThat(failure(() -> yaml("a: &x [1]\nb: [" + "*x,".repeat(100) + "]")))
        .contains("aliases");
    assertThat(failure(() -> yaml("a: " + "[".repeat(100_000))))
        .contains("nesting of at most 64 levels");
    assertThat(failure(() -> yaml("a: " + "x".repeat(Yaml.MAX_CHARS)))).contains("at most 4 MiB");
  }

  @Test
  void overridesReplaceAddAndAppend() {
    Settings settings =
        yaml(EXPERIMENT)
            .withOverride("train.optimiser.learning_rate", "0.1")
            .withOverride("evaluate.attacks[1]=fgsm[eps=1]")
            .withOverride("evaluate.attacks.2=pgd")
            .withOverride("threat.domain=[-1, 1]")
            .withOverride("train.objective.beta=6")
            .withOverride("train.attack={name: fgsm}")
            .withOverride("new.section.flag=true")
            .withOverride("name='7'");
    SettingsReader r = settings.reader(new Problems(""));
    assertThat(r.section("train").section("optimiser").number("learning_rate", 0, 0, 1))
        .isEqualTo(0.1);
    assertThat(r.section("evaluate").texts("attacks", List.of()))
        .containsExactly("fgsm", "fgsm[eps=1]", "pgd");
    assertThat(r.section("threat").numbers("domain", List.of(), -9, 9)).containsExactly(-1.0, 1.0);
    assertThat(settings.toJson())
        .contains(
            "\"objective\":{\"beta\":6,\"name\":\"pgd-at\"}",
            "\"attack\":{\"name\":\"fgsm\"}",
            "\"new\":{\"section\":{\"flag\":true}}",
            "\"name\":\"7\"");
  }

  @Test
  void overridesNameThemselvesInMessages() {
    Settings settings = yaml(EXPERIMENT);
    assertThat(problems(settings.withOverride("seed=x"), r -> r.integer("seed", 0, 9)))
        .containsExactly("--set seed: expected an integer from 0 to 9, found \"x\"");
    assertThat(failure(() -> settings.withOverride("seed")))
        .isEqualTo("--set seed: expected path=value, such as train.epochs=8, found \"seed\"");
    assertThat(failure(() -> settings.withOverride("evaluate.attacks[3]=x")))
        .isEqualTo(
            "--set evaluate.attacks[3]: expected a position from 0 to 2 in a list of 2, found 3");
    assertThat(failure(() -> settings.withOverride("seed.x=1")))
        .isEqualTo("--set seed.x: expected a section that can hold x, found 7 at x.yaml:2");
    assertThat(failure(() -> settings.withOverride("a..b=1")))
        .contains("a path such as train.epochs");
    assertThat(failure(() -> settings.withOverride("a=[1,")))
        .contains("--set a", "expected valid YAML");
  }

  @Test
  void programsBuildTheSameSettings() {
    Settings built =
        Settings.of(
            Map.of("a", 1, "b", List.of(1.5f, "x", true), "c", Settings.of(Map.of("d", 2L))));
    assertThat(built)
        .isEqualTo(yaml("c: {d: 2}\na: 1\nb: [1.5, x, true]"))
        .hasSameHashCodeAs(yaml("a: 1\nb: [1.5, x, true]\nc: {d: 2}"));
    assertThat(built.sha256()).isEqualTo(yaml("{a: 1, b: [1.5, x, true], c: {d: 2}}").sha256());
    assertThat(built).isNotEqualTo(yaml("a: 1"));
    assertThat(
            Settings.of(
                Map.of("a", new BigDecimal("0.5"), "b", BigInteger.TEN, "c", BigDecimal.ONE)))
        .isEqualTo(yaml("{a: 0.5, b: 10, c: 1}"));
  }

  static Settings yaml(String text) {
    return Settings.yaml(text, "x.yaml");
  }

  static String failure(ThrowingCallable code) {
    List<String> message = new ArrayList<>();
    assertThatThrownBy(code)
        .isInstanceOf(InvalidInputException.class)
        .satisfies(e -> message.add(e.getMessage()));
    return message.get(0);
  }

  static List<String> problems(String text, Consumer<SettingsReader> reading) {
    return problems(yaml(text), reading);
  }

  static List<String> problems(Settings settings, Consumer<SettingsReader> reading) {
    Problems problems = new Problems("x.yaml");
    reading.accept(settings.reader(problems));
    return problems.list().stream().map(Problem::message).toList();
  }
}
