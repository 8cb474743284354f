package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/**
 * Broken settings are never anything but {@link InvalidInputException}; good ones round-trip
 * through their own JSON.
 */
class SettingsFuzzTest {
  private static final List<String> FRAGMENTS =
      List.of(
          "\t",
          "\n",
          ": ",
          "- ",
          "[",
          "]",
          "{",
          "}",
          "&a ",
          "*a",
          "!!int ",
          "!x ",
          "'",
          "\"",
          "#",
          "|",
          ">",
          "---\n",
          "...\n",
          "%YAML 1.2\n",
          "? ",
          "\u0000",
          "\uFEFF",
          "\ud800",
          "\\x",
          "<<: *a\n",
          "0x",
          "1e999",
          ".inf",
          "~",
          "\r",
          "\u2028",
          "!<",
          "%TAG ! x\n",
          "'''",
          "\\U0010FFFF");

  @Test
  void mutatedFilesAreReadOrRefused() {
    int refused = 0;
    for (int i = 0; i < 5_000; i++) {
      refused += isRefused(mutate(new Seed(2026).split(i).generator())) ? 1 : 0;
    }
    assertThat(refused).isBetween(500, 4_500); // both ways are exercised
  }

  private static boolean isRefused(String text) {
    try {
      Settings settings = Settings.yaml(text, "x.yaml");
      read(settings);
      return false;
    } catch (InvalidInputException e) {
      assertThat(e.problems())
          .allSatisfy(
              p -> assertThat(p.message()).startsWith("x.yaml").doesNotContain("Exception"));
      return true;
    } catch (RuntimeException e) {
      throw new AssertionError("on the text:\n" + text, e);
    }
  }

  private static void read(Settings settings) {
    Problems problems = new Problems("x.yaml");
    SettingsReader r = settings.reader(problems);
    r.text("name");
    r.integer("seed", 0, 100);
    r.section("threat").numbers("domain", List.of(), 0, 1);
    SettingsReader train = r.requiredSection("train");
    train.textOrSection("objective").label();
    train.section("optimiser").positive("learning_rate", 0.1);
    r.section("evaluate").textsOrSections("attacks").forEach(SettingsReader::label);
    r.finish();
    assertThat(problems.list()).allSatisfy(p -> assertThat(p.message()).startsWith("x.yaml:"));
  }

  private static String mutate(RandomGenerator random) {
    StringBuilder text = new StringBuilder(SettingsTest.EXPERIMENT);
    for (int n = random.nextInt(4); n >= 0; n--) {
      int at = random.nextInt(text.length());
      int length = Math.min(random.nextInt(1, 12), text.length() - at);
      switch (random.nextInt(4)) {
        case 0 -> text.delete(at, at + length);
        case 1 -> text.insert(at, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
        case 2 -> text.insert(random.nextInt(text.length()), text.substring(at, at + length));
        default -> text.setCharAt(at, (char) random.nextInt(128));
      }
    }
    return text.toString();
  }

  @Property(tries = 300, seed = "2026")
  void settingsRoundTripThroughTheirJson(@ForAll("maps") Map<String, Object> values) {
    Settings settings = Settings.of(values);
    Settings again = Settings.yaml(settings.toJson(), "json");
    assertThat(again.toMap()).isEqualTo(settings.toMap());
    assertThat(again.sha256()).isEqualTo(settings.sha256());
  }

  @Property(tries = 300, seed = "2026")
  void anOverrideIsReadBack(@ForAll("maps") Map<String, Object> values, @ForAll int value) {
    Settings settings =
        Settings.of(values).withOverride("new_key.inner.x", Integer.toString(value));
    Problems problems = new Problems("");
    assertThat(
            settings
                .reader(problems)
                .section("new_key")
                .section("inner")
                .integer("x", Integer.MIN_VALUE, Integer.MAX_VALUE))
        .isEqualTo(value);
  }

  @Property(tries = 500, seed = "2026")
  void anyOverrideIsTakenOrRefused(@ForAll("overrides") String override) {
    try {
      assertThat(Settings.yaml(SettingsTest.EXPERIMENT, "x.yaml").withOverride(override).isEmpty())
          .isFalse();
    } catch (InvalidInputException e) {
      assertThat(e.getMessage()).startsWith("--set ").doesNotContain("Exception");
    }
  }

  @Provide
  Arbitrary<String> overrides() {
    return Arbitraries.of(
            "name",
            "evaluate",
            "attacks",
            "train",
            "seed",
            ".",
            "[",
            "]",
            "0",
            "1",
            "=",
            "{",
            "}",
            "x",
            "\"",
            "'",
            ",",
            ":")
        .list()
        .ofMinSize(1)
        .ofMaxSize(10)
        .map(parts -> String.join("", parts));
  }

  @Provide
  Arbitrary<Map<String, Object>> maps() {
    Arbitrary<String> key =
        Arbitraries.strings().withCharRange('!', '~').ofMinLength(1).ofMaxLength(8);
    Arbitrary<Object> scalar =
        Arbitraries.oneOf(
            Arbitraries.strings()
                .withCharRange(' ', '~')
                .withChars("\u00e9\u4e2d\t\n\"\\")
                .ofMaxLength(12)
                .map(s -> (Object) s),
            Arbitraries.longs().map(l -> (Object) l),
            Arbitraries.doubles().map(d -> (Object) d),
            Arbitraries.of(true, false).map(b -> (Object) b));
    Arbitrary<Object> value =
        Arbitraries.oneOf(
            scalar,
            scalar.list().ofMaxSize(3).map(l -> (Object) l),
            Arbitraries.maps(key, scalar).ofMaxSize(3).map(m -> (Object) m));
    return Arbitraries.maps(key, value).ofMinSize(1).ofMaxSize(5);
  }
}
