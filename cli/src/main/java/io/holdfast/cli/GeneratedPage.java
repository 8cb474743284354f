package io.holdfast.cli;

import io.holdfast.common.AtomicFiles;
import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A page of the documentation of which some parts, between marks, are generated. */
final class GeneratedPage {
  private static final String BEGIN = "<!-- generated: ";
  private static final String END = "<!-- end -->";

  private GeneratedPage() {}

  /**
   * A page with its generated parts made anew.
   *
   * @throws InvalidInputException if a mark is missing
   */
  static String renew(String page, String source, Map<String, String> parts) {
    String renewed = page;
    List<String> missing = new ArrayList<>();
    for (Map.Entry<String, String> part : parts.entrySet()) {
      String begin = BEGIN + part.getKey() + " -->\n";
      int from = renewed.indexOf(begin);
      int to = from < 0 ? -1 : renewed.indexOf(END, from);
      if (to < 0) {
        missing.add(begin.strip() + " ... " + END);
        continue;
      }
      renewed =
          renewed.substring(0, from + begin.length()) + part.getValue() + renewed.substring(to);
    }
    if (!missing.isEmpty()) {
      throw new InvalidInputException(
          source, "", "a page with " + String.join(", ", missing), "one without");
    }
    return renewed;
  }

  /**
   * Refuses a file without a place for a part; changes nothing.
   *
   * @throws InvalidInputException if the mark is missing
   */
  static void require(Path file, String part) {
    try {
      renew(Files.readString(file), file.toString(), Map.of(part, ""));
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  /** Makes the generated parts of a file anew. */
  static void renew(Path file, Map<String, String> parts) {
    try {
      String page = Files.readString(file);
      AtomicFiles.write(file, renew(page, file.toString(), parts));
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }
}
