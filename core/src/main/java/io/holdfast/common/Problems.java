package io.holdfast.common;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects the problems of one input so that the user sees all of them at once. Views made by
 * {@link #at} and {@link #in} add to the same collection. Not thread-safe.
 */
public final class Problems {
  private final String source;
  private final String prefix;
  private final List<Problem> found;

  /**
   * @param source the file or option under inspection, as the user wrote it
   */
  public Problems(String source) {
    this(source, "", new ArrayList<>());
  }

  private Problems(String source, String prefix, List<Problem> found) {
    this.source = source;
    this.prefix = prefix;
    this.found = found;
  }

  /**
   * The same collection, for fields below {@code prefix}: {@code at("train").add("epochs", ..)}
   * names {@code train.epochs}.
   */
  public Problems at(String prefix) {
    return new Problems(source, path(prefix), found);
  }

  /** The same collection, for another source; field prefixes start afresh. */
  public Problems in(String otherSource) {
    return new Problems(otherSource, "", found);
  }

  public void add(String field, String expected, String foundText) {
    add(field, expected, foundText, null);
  }

  public void add(String field, String expected, String foundText, @Nullable String hint) {
    add(new Problem(source, path(field), expected, foundText, hint));
  }

  /** Adds a problem found at a place of its own, such as {@code experiment.yaml:12}. */
  public void addAt(
      String place, String field, String expected, String foundText, @Nullable String hint) {
    add(new Problem(place, path(field), expected, foundText, hint));
  }

  /** Adds a problem as it is, with its own source and field. */
  public void add(Problem problem) {
    found.add(problem);
  }

  /** Adds everything that another check has found. */
  public void addAll(InvalidInputException other) {
    found.addAll(other.problems());
  }

  /**
   * Runs a check that may throw {@link InvalidInputException} and collects what it found instead.
   */
  public void collect(Runnable check) {
    try {
      check.run();
    } catch (InvalidInputException e) {
      addAll(e);
    }
  }

  public boolean isEmpty() {
    return found.isEmpty();
  }

  /**
   * What was found so far, over all views, as a reader of the files goes through them: the files in
   * the order in which something was found in them, in each what concerns the whole and then line
   * by line.
   */
  public List<Problem> list() {
    Map<String, List<Problem>> files = new LinkedHashMap<>();
    found.forEach(p -> files.computeIfAbsent(p.file(), file -> new ArrayList<>()).add(p));
    return files.values().stream()
        .flatMap(ofFile -> ofFile.stream().sorted(Comparator.comparingInt(Problem::line)))
        .toList();
  }

  /**
   * Ends the check.
   *
   * @throws InvalidInputException if anything was found, with every problem in it, in the order of
   *     {@link #list}
   */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw new InvalidInputException(list());
    }
  }

  private String path(String field) {
    if (prefix.isEmpty() || field.isEmpty()) {
      return prefix + field;
    }
    return field.startsWith("[") ? prefix + field : prefix + "." + field;
  }
}
