package io.holdfast.model.arch;

import io.holdfast.common.FileFailures;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * From our names of weights to those of a file. A rule maps a full name, or everything below a
 * prefix that ends at a dot: with {@code blocks: l}, {@code blocks.0.bn1.weight} is {@code
 * l.0.bn1.weight} there. The longest rule that fits wins; names without one are the same on both
 * sides.
 */
public final class NameMap {
  private static final NameMap IDENTITY = new NameMap(Map.of());

  private static final Pattern RULE = Pattern.compile("[^\\s=:{}\"']+\\s*=\\s*[^\\s=:{}\"']+");
  private static final Pattern COMMENT = Pattern.compile("(^|\\s)#.*");

  private final Map<String, String> rules;

  private NameMap(Map<String, String> rules) {
    this.rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
  }

  /** Equal names on both sides. */
  public static NameMap identity() {
    return IDENTITY;
  }

  /** These rules, ours to theirs. */
  public static NameMap of(Map<String, String> rules) {
    return new NameMap(rules);
  }

  /**
   * Reads rules from a file: lines {@code ours=theirs} with comments after {@code #}, or YAML or
   * JSON with one {@code ours: theirs} each.
   *
   * @throws InvalidInputException if the file cannot be read or holds anything but pairs of names
   */
  public static NameMap read(Path file) {
    Problems problems = new Problems(file.toString());
    List<String> lines = lines(file);
    boolean plain = !lines.isEmpty() && lines.stream().allMatch(l -> RULE.matcher(l).matches());
    Map<String, String> rules = plain ? plain(lines, problems) : settings(file, problems);
    if (rules.isEmpty() && problems.isEmpty()) {
      problems.add("", "at least one rule such as conv1: features.0", "none");
    }
    problems.throwIfAny();
    return new NameMap(rules);
  }

  /** The lines that say something. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(line -> COMMENT.matcher(line).replaceFirst("").strip())
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw FileFailures.reading(file, e);
    }
  }

  private static Map<String, String> plain(List<String> lines, Problems problems) {
    Map<String, String> rules = new LinkedHashMap<>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      String ours = line.substring(0, equals).strip();
      if (rules.put(ours, line.substring(equals + 1).strip()) != null) {
        problems.add(ours, "each name once", "twice");
      }
    }
    return rules;
  }

  private static Map<String, String> settings(Path file, Problems problems) {
    Map<String, String> rules = new LinkedHashMap<>();
    SettingsReader reader = Settings.parse(file).reader(problems);
    for (String ours : reader.keys()) {
      rules.put(ours, reader.text(ours)); // as it is written: 1.10 is no number here
    }
    return rules;
  }

  /** The rules, ours to theirs. */
  public Map<String, String> rules() {
    return rules;
  }

  /** The file's name of one of our weights. */
  public String theirs(String ours) {
    String prefix = ours;
    while (!prefix.isEmpty()) {
      String mapped = rules.get(prefix);
      if (mapped != null) {
        return mapped + ours.substring(prefix.length());
      }
      prefix = prefix.substring(0, Math.max(0, prefix.lastIndexOf('.')));
    }
    return ours;
  }
}
