package io.holdfast.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * What every page embeds. The charts are drawn by d3 from its webjar: small (280 kB), SVG that
 * follows the page's colours in light, dark and print, and maintained since 2011.
 *
 * @param style the style sheet
 * @param charting d3 with its licence
 * @param script what draws our charts
 */
record Assets(String style, String charting, String script) {

  private static final String D3_VERSION = "/META-INF/maven/org.webjars.npm/d3/pom.properties";

  /** Reads the resources from the class path. */
  static Assets load() {
    Properties d3 = new Properties();
    try (InputStream in = open(D3_VERSION)) {
      d3.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String home = "/META-INF/resources/webjars/d3/" + d3.getProperty("version");
    String licence = "/*\n" + read(home + "/LICENSE").strip() + "\n*/\n";
    return new Assets(
        read("report.css"), licence + read(home + "/dist/d3.min.js"), read("report.js"));
  }

  private static String read(String resource) {
    try (InputStream in = open(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String resource) {
    InputStream in = Assets.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IllegalStateException("missing from the class path: " + resource);
    }
    return in;
  }
}
