package io.holdfast.common;

import static io.holdfast.common.SettingsTest.problems;
import static io.holdfast.common.SettingsTest.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SettingsReaderTest {
  enum Mode {
    AUTO,
    FULL_FLOAT
  }

  @Test
  void readsEveryKindOfValue() {
    Problems problems = new Problems("x.yaml");
    SettingsReader r =
        yaml("{t: a, i: 3, l: 9000000000, n: 8/255, p: 1, f: true, c: x, e: full-float, li: [1, 2], ln: 0.5, s: {k: 1}, ss: [{k: 1}, {k: 2}]}")
            .reader(problems);
    assertThat(r.text("t")).isEqualTo("a");
    assertThat(r.integer("i", 0, 3)).isEqualTo(3);
    assertThat(r.longInteger("l", 0, Long.MAX_VALUE)).isEqualTo(9_000_000_000L);
    assertThat(r.number("n", 0, 1)).isEqualTo(8 / 255.0);
    assertThat(r.positive("p")).isEqualTo(1);
    assertThat(r.flag("f", false)).isTrue();
    assertThat(r.choice("c", List.of("x", "y"))).isEqualTo("x");
    assertThat(r.choice("e", Mode.AUTO)).isEqualTo(Mode.FULL_FLOAT);
    assertThat(r.integers("li", List.of(), 0, 2)).containsExactly(1, 2);
    assertThat(r.numbers("ln", List.of(), 0, 2)).containsExactly(0.5);
    assertThat(r.section("s").integer("k", 0, 9)).isEqualTo(1);
    assertThat(r.sections("ss")).extracting(s -> s.integer("k", 0, 9)).containsExactly(1, 2);
    r.finish();
    assertThat(problems.list()).isEmpty();
  }

  @Test
  void missingKeysTakeTheirDefaults() {
    Problems problems = new Problems("x.yaml");
    SettingsReader r = yaml("a: 1").reader(problems);
    assertThat(r.text("t", "d")).isEqualTo("d");
    assertThat(r.textOrNull("t")).isNull();
    assertThat(r.integer("i", 5, 0, 9)).isEqualTo(5);
    assertThat(r.number("n", 0.5, 0, 1)).isEqualTo(0.5);
    assertThat(r.positive("p", 2)).isEqualTo(2);
    assertThat(r.flag("f", true)).isTrue();
    assertThat(r.choice("c", "y", Set.of("y"))).isEqualTo("y");
    assertThat(r.choice("e", Mode.FULL_FLOAT)).isEqualTo(Mode.FULL_FLOAT);
    assertThat(r.texts("l", List.of("z"))).containsExactly("z");
    assertThat(r.section("s").integer("k", 4, 0, 9)).isEqualTo(4);
    assertThat(r.textOrSection("o", "pgd[steps=3]").integer("steps", 0, 9)).isEqualTo(3);
    assertThat(r.has("a")).isTrue();
    assertThat(r.has("b")).isFalse();
    assertThat(problems.isEmpty()).isTrue();
  }

  @Test
  void allProblemsComeTogetherEachWithItsLine() {
    String text =
        """
        seed: 4.0
        train:
          epochs: "8"
          batch: 0
          objective: tradse
          optimser: {name: sgd}
          mix:
            clean: .nan
          precision: 16
        evaluate: [1]
        """;
    assertThat(
            problems(
                text,
                r -> {
                  r.longInteger("seed", 0, Long.MAX_VALUE);
                  SettingsReader train = r.requiredSection("train");
                  train.integer("epochs", 4, 1, 1000);
                  train.integer("batch", 128, 1, Integer.MAX_VALUE);
                  train.choice("objective", List.of("standard", "pgd-at", "trades"));
                  train.section("optimiser").positive("learning_rate", 0.1);
                  train.section("mix").number("clean", 0, 0, 1);
                  train.choice("precision", Mode.AUTO);
                  r.section("evaluate").text("attacks");
                  r.requiredSection("threat").positive("epsilon");
                  r.positive("radius");
                  r.finish();
                }))
        .containsExactly(
            "x.yaml:1: seed: expected an integer of at least 0, found 4.0 (write 4)",
            "x.yaml:1: threat: expected a section, found nothing",
            "x.yaml:1: radius: expected a number above 0, found nothing",
            "x.yaml:3: train.epochs: expected an integer from 1 to 1000, found \"8\" (without the quotes)",
            "x.yaml:4: train.batch: expected an integer of at least 1, found 0",
            "x.yaml:5: train.objective: expected one of standard, pgd-at, trades, found \"tradse\" (did you mean trades?)",
            "x.yaml:6: train.optimser: expected a known key, found an unknown one (did you mean optimiser?)",
            "x.yaml:8: train.mix.clean: expected a number from 0 to 1, found .nan",
            "x.yaml:9: train.precision: expected one of auto, full-float, found 16",
            "x.yaml:10: evaluate: expected a section, found a list");
  }

  @Test
  void everyWrongTypeIsNamed() {
    String text =
        "{t: [1], n: a, i: {a: 1}, f: yes, p: 0, h: 1e999, z: 1/0, l: [1, x, ~], s: 3, big: 99999999999999999999}";
    assertThat(
            problems(
                text,
                r -> {
                  r.text("t");
                  r.number("n", 0, Double.POSITIVE_INFINITY);
                  r.integer("i", Integer.MIN_VALUE, Integer.MAX_VALUE);
                  r.flag("f", false);
                  r.number("p", Double.MIN_VALUE, 1);
                  r.number("h", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
                  r.number("z", Double.NEGATIVE_INFINITY, 2.5);
                  r.numbers("l", List.of(), 0, 1);
                  r.sections("s");
                  r.longInteger("big", Long.MIN_VALUE, 7);
                }))
        .extracting(m -> m.substring("x.yaml:1: ".length()))
        .containsExactly(
            "t: expected a text, found a list",
            "n: expected a number of at least 0, found \"a\"",
            "i: expected an integer, found a section",
            "f: expected true or false, found \"yes\"",
            "p: expected a number above 0 and at most 1, found 0",
            "h: expected a finite number, found 1e999",
            "z: expected a number of at most 2.5, found \"1/0\"",
            "l[1]: expected a number from 0 to 1, found \"x\"",
            "l[2]: expected a number from 0 to 1, found nothing",
            "s: expected a section, found 3",
            "big: expected an integer of at most 7, found 99999999999999999999");
  }

  @Test
  void namesAndSectionsReadAlike() {
    Problems problems = new Problems("x.yaml");
    SettingsReader r =
        yaml("a: [fgsm, 'pgd[steps=50,domain=[0,1]]', {name: trades, beta: 6}, {name: standard}]")
            .reader(problems);
    List<SettingsReader> items = r.textsOrSections("a");
    assertThat(items)
        .extracting(i -> i.text("name"))
        .containsExactly("fgsm", "pgd", "trades", "standard");
    assertThat(items)
        .extracting(SettingsReader::label)
        .containsExactly("fgsm", "pgd[steps=50,domain=[0,1]]", "trades[beta=6]", "standard");
    assertThat(items.get(1).numbers("domain", List.of(), 0, 1)).containsExactly(0.0, 1.0);
    assertThat(items.get(1).path()).isEqualTo("a[1]");
    r.finish();
    assertThat(problems.list())
        .extracting(Problem::message)
        .containsExactly(
            "x.yaml:1: a[1].steps: expected a known key, found an unknown one (known here: name, domain)",
            "x.yaml:1: a[2].beta: expected a known key, found an unknown one (known here: name)");
  }

  @Test
  void wrongNamesAreReportedOnce() {
    assertThat(
            problems(
                "{a: 'pgd[steps', b: 3, c: [[1]]}",
                r -> {
                  r.textOrSection("a").integer("steps", 0, 1);
                  r.textOrSection("b").text("name");
                  r.textsOrSections("c").forEach(i -> i.text("name"));
                  r.textOrSection("d").text("name");
                }))
        .hasSize(4)
        .anySatisfy(m -> assertThat(m).startsWith("x.yaml:1: a: expected a name such as fgsm"))
        .contains(
            "x.yaml:1: b: expected a name, or a section with a name, found 3",
            "x.yaml:1: c[0]: expected a name, or a section with a name, found a list",
            "x.yaml:1: d: expected a name, or a section with a name, found nothing");
  }

  @Test
  void subsectionsKeepPathAndLine() {
    Problems problems = new Problems("x.yaml");
    Settings train = yaml("a: 1\ntrain:\n  epochs: x").reader(problems).section("train").settings();
    assertThat(train.place()).isEqualTo("x.yaml:3");
    train.reader(problems).integer("epochs", 1, 1, 2);
    SettingsReader again = train.reader(problems);
    again.reject("epochs", "an even number", "3", "try 4");
    assertThat(again.keys()).containsExactly("epochs");
    again.allow("epochs");
    again.finish();
    assertThatThrownBy(problems::throwIfAny)
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            """
            2 problems:
              - x.yaml:3: train.epochs: expected an integer from 1 to 2, found "x"
              - x.yaml:3: train.epochs: expected an even number, found 3 (try 4)""");
  }

  @Test
  void nearestNamesAreFoundByEditDistance() {
    assertThat(Nearest.distance("learning_rate", "learnign_rate")).isEqualTo(1);
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.name("PGD_AT", List.of("standard", "pgd-at"))).isEqualTo("pgd-at");
    assertThat(Nearest.name("zebra", List.of("standard", "pgd-at"))).isNull();
    assertThat(Nearest.name("x".repeat(100_000), List.of("x"))).isNull();
  }
}
