package io.holdfast.attack.library;

import io.holdfast.threat.Norm;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Which entries. Immutable: each method gives a copy that asks for more; what is not asked for does
 * not matter.
 */
public final class EntryFilter {
  /** Every entry. */
  public static final EntryFilter ALL = new EntryFilter(List.of());

  /** Stands for an entry without consent, licence or data set. */
  public static final String NONE = "none";

  private final List<Predicate<Entry>> conditions;

  private EntryFilter(List<Predicate<Entry>> conditions) {
    this.conditions = conditions;
  }

  private EntryFilter and(Predicate<Entry> condition) {
    List<Predicate<Entry>> more = new ArrayList<>(conditions);
    more.add(condition);
    return new EntryFilter(List.copyOf(more));
  }

  /** Found by one of these attacks, by name, such as {@code pgd}, or by key. */
  public EntryFilter attacks(Set<String> namesOrKeys) {
    return and(
        e -> namesOrKeys.contains(e.attack().name()) || namesOrKeys.contains(e.attack().key()));
  }

  /** Made within one of these threat models, by name, such as {@code linf:0.1}. */
  public EntryFilter threats(Set<String> names) {
    return and(e -> names.contains(e.threat().name()));
  }

  /** Of one of these true classes. */
  public EntryFilter labels(Set<Integer> labels) {
    return and(e -> labels.contains(e.label()));
  }

  /** Whose change has a size in {@code [least, most]}. */
  public EntryFilter distance(Norm norm, double least, double most) {
    return and(e -> e.distances().in(norm) >= least && e.distances().in(norm) <= most);
  }

  /** Of one of these statuses. */
  public EntryFilter statuses(Set<Status> statuses) {
    return and(e -> statuses.contains(e.status()));
  }

  /** Found on that day or later. */
  public EntryFilter since(LocalDate day) {
    return and(e -> !e.date().isBefore(day));
  }

  /** Found on that day or earlier. */
  public EntryFilter until(LocalDate day) {
    return and(e -> !e.date().isAfter(day));
  }

  /** Fells a model with one of these hashes of weights, given by their beginnings. */
  public EntryFilter models(Set<String> beginnings) {
    return and(e -> beginnings.stream().anyMatch(e.model().weights()::startsWith));
  }

  /** Whose samples were collected under one of these consents, or {@link #NONE}. */
  public EntryFilter consents(Set<String> tags) {
    return source(SampleSource::consent, tags);
  }

  /** Whose data is under one of these licences, or {@link #NONE}. */
  public EntryFilter licences(Set<String> licences) {
    return source(SampleSource::licence, licences);
  }

  /** Whose clean input is of one of these data sets, by name, or {@link #NONE}. */
  public EntryFilter data(Set<String> names) {
    return source(SampleSource::data, names);
  }

  private EntryFilter source(Function<SampleSource, String> value, Set<String> wanted) {
    Set<String> exact = Set.copyOf(wanted);
    return and(e -> exact.contains(orNone(value.apply(e.source()))));
  }

  static String orNone(String value) {
    return value.isEmpty() ? NONE : value;
  }

  /** Whether an entry meets all conditions. */
  public boolean matches(Entry entry) {
    return conditions.stream().allMatch(c -> c.test(entry));
  }
}
