package io.holdfast.cli;

import io.holdfast.attack.library.EntryFilter;
import io.holdfast.attack.library.Status;
import io.holdfast.common.Problems;
import io.holdfast.threat.Norm;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Conditions on entries; all that are given must hold. */
final class LibraryFilterOptions {
  private static final Pattern DISTANCE =
      Pattern.compile("([a-z0-9]+):([0-9.eE+-]*?)\\.\\.([0-9.eE+-]*)");

  @Option(
      names = "--attack",
      paramLabel = "A",
      description = "Found by this attack: a name such as pgd, or a whole key. Repeatable.")
  private Set<String> attacks = new LinkedHashSet<>();

  @Option(
      names = "--threat",
      paramLabel = "T",
      description = "Made within the threat model of this name, such as linf:0.1. Repeatable.")
  private Set<String> threats = new LinkedHashSet<>();

  @Option(
      names = "--class",
      paramLabel = "K",
      description = "Of this true class, counted from 0. Repeatable.")
  private Set<Integer> labels = new LinkedHashSet<>();

  @Option(
      names = "--of-model",
      paramLabel = "HASH",
      description = "Made for the model whose hash of weights begins so. Repeatable.")
  private Set<String> models = new LinkedHashSet<>();

  @Option(
      names = "--distance",
      paramLabel = "NORM:LEAST..MOST",
      description = "With a change of this size, such as linf:0..0.05 or l2:..1.5.")
  private @Nullable String distance;

  @Option(
      names = "--status",
      paramLabel = "S",
      description = "Of this status: ${COMPLETION-CANDIDATES}. Repeatable.")
  private Set<Status> statuses = new LinkedHashSet<>();

  @Option(names = "--since", paramLabel = "DATE", description = "Found on that day or later.")
  private @Nullable LocalDate since;

  @Option(names = "--until", paramLabel = "DATE", description = "Found on that day or earlier.")
  private @Nullable LocalDate until;

  @Option(
      names = "--consent",
      paramLabel = "TAG",
      description = "Collected under this consent; none for entries without a tag. Repeatable.")
  private Set<String> consents = new LinkedHashSet<>();

  @Option(
      names = "--licence",
      paramLabel = "TEXT",
      description = "Of data under exactly this licence; none for unknown. Repeatable.")
  private Set<String> licences = new LinkedHashSet<>();

  @Option(
      names = "--data",
      paramLabel = "NAME",
      description = "Of the data set of exactly this name; none for unknown. Repeatable.")
  private Set<String> data = new LinkedHashSet<>();

  /**
   * All conditions together.
   *
   * @throws io.holdfast.common.InvalidInputException if one makes no sense
   */
  EntryFilter filter() {
    EntryFilter filter = EntryFilter.ALL;
    filter = attacks.isEmpty() ? filter : filter.attacks(attacks);
    filter = threats.isEmpty() ? filter : filter.threats(threats);
    filter = labels.isEmpty() ? filter : filter.labels(labels);
    filter = models.isEmpty() ? filter : filter.models(models);
    filter = statuses.isEmpty() ? filter : filter.statuses(statuses);
    filter = consents.isEmpty() ? filter : filter.consents(consents);
    filter = licences.isEmpty() ? filter : filter.licences(licences);
    filter = data.isEmpty() ? filter : filter.data(data);
    filter = since == null ? filter : filter.since(since);
    filter = until == null ? filter : filter.until(until);
    return distance == null ? filter : within(distance, filter);
  }

  private static EntryFilter within(String text, EntryFilter filter) {
    Problems problems = new Problems("--distance " + text);
    Matcher parts = DISTANCE.matcher(text);
    Optional<Norm> norm = parts.matches() ? Norm.ofKey(parts.group(1)) : Optional.empty();
    if (norm.isEmpty()) {
      problems.add("", "a norm and two ends, such as linf:0..0.05", '"' + text + '"');
    }
    double least = norm.isEmpty() ? 0 : end(parts.group(2), 0, problems);
    double most = norm.isEmpty() ? 0 : end(parts.group(3), Double.POSITIVE_INFINITY, problems);
    if (most < least) {
      problems.add("", "the smaller end first", '"' + text + '"');
    }
    problems.throwIfAny();
    return filter.distance(norm.orElseThrow(), least, most);
  }

  private static double end(String text, double open, Problems problems) {
    if (text.isEmpty()) {
      return open;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      problems.add("", "a number", '"' + text + '"');
      return open;
    }
  }
}
