package io.holdfast.report;

import static io.holdfast.report.Html.el;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HtmlTest {

  private static String render(Html html) {
    StringBuilder page = new StringBuilder();
    html.appendTo(page);
    return page.toString();
  }

  @Test
  void textIsEscaped() {
    assertThat(render(el("td", "<b>\"Tom\" & 'Jerry'</b>")))
        .isEqualTo("<td>&lt;b&gt;&quot;Tom&quot; &amp; &#39;Jerry&#39;&lt;/b&gt;</td>");
  }

  @Test
  void attributeValuesAreEscaped() {
    assertThat(render(el("img").with("alt", "\" onerror=\"alert(1)")))
        .isEqualTo("<img alt=\"&quot; onerror=&quot;alert(1)\">");
  }

  @Test
  void charactersThatHtmlForbidsAreReplaced() {
    assertThat(render(Html.text("a\u0000b\u001bc\ud800d\udc00e")))
        .isEqualTo("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe");
    assertThat(render(Html.text("tab\tline\n\ud83d\ude00"))).isEqualTo("tab\tline\n\ud83d\ude00");
  }

  @Test
  void rawPassesThrough() {
    assertThat(render(el("script", Html.raw("a < b && c"))))
        .isEqualTo("<script>a < b && c</script>");
  }

  @Test
  void jsonInAScriptCannotEndIt() {
    String hostile = "</script><script>alert(1)</script><!-- & \u2028";
    assertThat(Payload.guard(hostile))
        .doesNotContain("<")
        .doesNotContain(">")
        .doesNotContain("&")
        .doesNotContain("\u2028")
        .startsWith("\\u003c/script\\u003e");
  }
}
