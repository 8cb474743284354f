package io.holdfast.attack.library;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Consents and licences under which examples may be used; both must be met.
 *
 * @param consents exact tags, {@link EntryFilter#NONE} for entries without one; empty for any
 * @param licences exact texts, {@link EntryFilter#NONE} where unknown; empty for any
 */
public record Permitted(Set<String> consents, Set<String> licences) {
  /** Whatever consent and licence are. */
  public static final Permitted ALL = new Permitted(Set.of(), Set.of());

  public Permitted {
    consents = Set.copyOf(consents);
    licences = Set.copyOf(licences);
  }

  /** As two lists of settings have them. */
  public static Permitted of(Collection<String> consents, Collection<String> licences) {
    return new Permitted(new LinkedHashSet<>(consents), new LinkedHashSet<>(licences));
  }

  /** Why an example of this origin is not permitted; empty if it is. */
  String refusal(SampleSource source) {
    String consent = refusal("consent", EntryFilter.orNone(source.consent()), consents);
    return consent.isEmpty()
        ? refusal("licence", EntryFilter.orNone(source.licence()), licences)
        : consent;
  }

  private static String refusal(String what, String found, Set<String> wanted) {
    return wanted.isEmpty() || wanted.contains(found)
        ? ""
        : "expected " + what + " " + list(wanted) + ", found " + found;
  }

  /** For people, behind a noun; empty for any. */
  String words() {
    return (consents.isEmpty() ? "" : " of consent " + list(consents))
        + (licences.isEmpty() ? "" : " of licence " + list(licences));
  }

  private static String list(Set<String> values) {
    return String.join(" or ", new TreeSet<>(values));
  }
}
