package io.holdfast.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A piece of HTML. Text and attribute values are escaped here and nowhere else, so that no caller
 * can forget it; only {@link #raw} passes through, for the scripts and styles that ship with
 * Holdfast.
 */
interface Html {

  /** Appends this piece, escaped, to the page. */
  void appendTo(StringBuilder page);

  /** Nothing at all. */
  static Html none() {
    return page -> {};
  }

  /** Plain text; markup in it shows as text. */
  static Html text(String text) {
    return page -> escape(text, page);
  }

  /** Trusted markup, script or style, written as it is. */
  static Html raw(String markup) {
    return page -> page.append(markup);
  }

  /** An element with the given children. */
  static Element el(String tag, Html... children) {
    return new Element(tag, "", List.of(children));
  }

  /** An element with the given children. */
  static Element el(String tag, List<? extends Html> children) {
    return new Element(tag, "", List.copyOf(children));
  }

  /** An element that holds only text. */
  static Element el(String tag, String text) {
    return el(tag, text(text));
  }

  /** Several pieces, one after the other. */
  static Html all(List<? extends Html> pieces) {
    List<Html> copy = List.copyOf(pieces);
    return page -> copy.forEach(piece -> piece.appendTo(page));
  }

  /** Several pieces, one after the other. */
  static Html all(Html... pieces) {
    return all(List.of(pieces));
  }

  /** An element: its tag, its attributes as already escaped markup, its children. */
  record Element(String tag, String attributes, List<Html> children) implements Html {

    private static final List<String> VOID = List.of("meta", "img", "br", "hr", "link");
    private static final List<String> BLOCKS =
        List.of("section", "figure", "table", "tr", "p", "h1", "h2", "h3", "nav", "details", "li");

    /** This element with one more attribute; the value is escaped. */
    Element with(String name, String value) {
      StringBuilder markup = new StringBuilder(attributes).append(' ').append(name).append("=\"");
      escape(value, markup);
      return new Element(tag, markup.append('"').toString(), children);
    }

    /** This element with a class. */
    Element css(String classes) {
      return with("class", classes);
    }

    /** This element with more children. */
    Element add(Html... more) {
      List<Html> longer = new ArrayList<>(children);
      longer.addAll(List.of(more));
      return new Element(tag, attributes, List.copyOf(longer));
    }

    @Override
    public void appendTo(StringBuilder page) {
      page.append('<').append(tag).append(attributes).append('>');
      if (!VOID.contains(tag)) {
        children.forEach(child -> child.appendTo(page));
        page.append("</").append(tag).append('>');
      }
      if (BLOCKS.contains(tag)) {
        page.append('\n');
      }
    }
  }

  private static void escape(String text, StringBuilder page) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> page.append("&amp;");
        case '<' -> page.append("&lt;");
        case '>' -> page.append("&gt;");
        case '"' -> page.append("&quot;");
        case '\'' -> page.append("&#39;");
        default -> page.append(isControl(c) || isLoneSurrogate(text, i) ? '\uFFFD' : c);
      }
    }
  }

  private static boolean isControl(char c) {
    return Character.isISOControl(c) && c != '\n' && c != '\t';
  }

  private static boolean isLoneSurrogate(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
