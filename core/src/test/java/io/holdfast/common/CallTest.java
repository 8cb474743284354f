package io.holdfast.common;

import static io.holdfast.common.SettingsTest.failure;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallTest {
  @Test
  void readsNamesWithAndWithoutParameters() {
    assertThat(Call.parse(" fgsm ")).isEqualTo(new Call("fgsm"));
    assertThat(Call.parse("fgsm[]")).isEqualTo(new Call("fgsm"));
    assertThat(Call.parse("linf:0.1").name()).isEqualTo("linf:0.1");
    assertThat(Call.parse("pgd[steps = 50, eot=[1,2],inner=pgd[steps=3,x=4]]"))
        .isEqualTo(
            new Call("pgd", Map.of("steps", "50", "eot", "[1,2]", "inner", "pgd[steps=3,x=4]")));
    assertThat(Call.parse("b[z=1,a=2]").arguments().keySet()).containsExactly("z", "a");
  }

  @Test
  void readsTheFormWithoutBrackets() {
    assertThat(Call.parseUnbracketed("wide-resnet,depth=28,width=2"))
        .isEqualTo(Call.parseUnbracketed("wide-resnet[depth=28,width=2]"))
        .hasToString("wide-resnet[depth=28,width=2]");
    assertThat(Call.parseUnbracketed("mlp")).isEqualTo(new Call("mlp"));
  }

  @Test
  void splitsOnlyOutsideBrackets() {
    assertThat(Call.splitList("a[x=1,y=2], b,c[z=[1,2]]"))
        .containsExactly("a[x=1,y=2]", "b", "c[z=[1,2]]");
  }

  @Test
  void becomesASectionWithTypedValues() {
    assertThat(
            Call.parse("pgd[steps=50,eps=5e-4,targeted=true,loss=dlr,domain=[0,1]]")
                .toSettings()
                .toMap())
        .isEqualTo(
            Map.of(
                "name",
                "pgd",
                "steps",
                50L,
                "eps",
                5e-4,
                "targeted",
                true,
                "loss",
                "dlr",
                "domain",
                List.of(0L, 1L)));
    assertThat(
            SettingsTest.problems(
                Call.parse("pgd[steps=x]").toSettings(), r -> r.integer("steps", 1, 9)))
        .containsExactly("pgd[steps=x]: steps: expected an integer from 1 to 9, found \"x\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''              | expected a name such as fgsm, or with parameters such as pgd[steps=50,restarts=5], found nothing
          'p q'           | p q: expected a name such as fgsm, or with parameters such as pgd[steps=50,restarts=5], found "p q"
          'pgd[steps=50'  | pgd[steps=50: expected a name such as fgsm, or with parameters such as pgd[steps=50,restarts=5], found "pgd[steps=50"
          'pgd[steps]'    | pgd[steps]: expected parameters as key=value, found "steps"
          'pgd[a=1,a=2]'  | pgd[a=1,a=2]: expected each parameter once, found "a twice"
          'pgd[a=1,,b=2]' | a=1,,b=2: expected something between commas, found "a=1,,b=2"
          'pgd[name=x]'   | name: expected a parameter's name, found "name"
          'pgd[a=]'       | a: expected a value with balanced brackets and no other comma, found nothing
          'pgd[a=[1]'     | a=[1: expected matching brackets, found "a=[1"
          'pgd[a=1]]'     | a=1]: expected matching brackets, found "a=1]"
          """)
  void otherFormsAreRefused(String text, String message) {
    assertThat(failure(() -> Call.parse(text))).isEqualTo(message);
  }

  @Property(tries = 300, seed = "2026")
  void textFormRoundTrips(@ForAll("calls") Call call) {
    assertThat(Call.parse(call.toString())).isEqualTo(call);
    assertThat(Call.parseUnbracketed(call.toString())).isEqualTo(call);
  }

  @Property(tries = 100, seed = "2026")
  void listsOfCallsRoundTrip(@ForAll @Size(min = 1, max = 5) List<@From("calls") Call> calls) {
    String text = calls.stream().map(Call::toString).collect(Collectors.joining(", "));
    assertThat(Call.splitList(text).stream().map(Call::parse)).isEqualTo(calls);
  }

  @Property(tries = 1000, seed = "2026")
  void anyTextIsACallOrInvalidInput(@ForAll("nearCalls") String text) {
    try {
      assertThat(Call.parse(Call.parse(text).toString()).name()).isNotEmpty();
    } catch (InvalidInputException e) {
      assertThat(e.problems()).hasSize(1);
    }
  }

  @Provide
  Arbitrary<String> nearCalls() {
    return Arbitraries.strings().withChars("ab[]{}=,: 1\u00e9").ofMaxLength(20);
  }

  @Provide
  Arbitrary<Call> calls() {
    Arbitrary<String> word =
        Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(6);
    Arbitrary<String> key = word.filter(k -> !k.equals("name"));
    Arbitrary<String> number = Arbitraries.doubles().map(d -> Double.toString(d));
    Arbitrary<String> value =
        Arbitraries.oneOf(
            word,
            number,
            Combinators.combine(word, number).as((w, n) -> w + "[x=" + n + ",y={1,2}]"));
    return Combinators.combine(word, Arbitraries.maps(key, value).ofMaxSize(4)).as(Call::new);
  }
}
