package io.holdfast.attack.library;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Seed;
import io.holdfast.threat.ThreatModel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The examples of a library that training draws from, easiest first. Immutable; safe for many
 * threads.
 */
public final class RankedExamples {
  private final ExampleLibrary library;
  private final List<Entry> entries; // easiest first
  private final String hash;
  private final int outside;
  private final List<LeftOut> unfit;

  private RankedExamples(
      ExampleLibrary library, List<Entry> entries, int outside, List<LeftOut> unfit) {
    this.library = library;
    this.entries = List.copyOf(entries);
    this.hash = hash(entries);
    this.outside = outside;
    this.unfit = List.copyOf(unfit);
  }

  /**
   * Chooses and sorts, whatever consent and licence are.
   *
   * @param attacks names of attacks whose examples count; empty for all
   * @param within what must admit an example too, or null for nothing but its own threat model
   * @param by what makes an example hard; equally hard ones are in the order of their ids
   * @throws InvalidInputException if no example is left
   */
  public static RankedExamples of(
      ExampleLibrary library, Set<String> attacks, @Nullable ThreatModel within, Difficulty by) {
    return of(library, attacks, Permitted.ALL, within, by);
  }

  /**
   * As {@link #of(ExampleLibrary, Set, ThreatModel, Difficulty)}.
   *
   * @param permitted consents and licences of examples that count
   */
  public static RankedExamples of(
      ExampleLibrary library,
      Set<String> attacks,
      Permitted permitted,
      @Nullable ThreatModel within,
      Difficulty by) {
    EntryFilter filter = attacks.isEmpty() ? EntryFilter.ALL : EntryFilter.ALL.attacks(attacks);
    List<Entry> chosen = new ArrayList<>();
    List<LeftOut> unfit = new ArrayList<>();
    int outside = 0;
    for (Entry entry : library.requireUsable()) {
      if (!filter.matches(entry)) {
        continue;
      }
      String reason = permitted.refusal(entry.source());
      if (!reason.isEmpty()) {
        unfit.add(new LeftOut(entry.id(), Fault.TERMS, library.folder().toString(), reason));
        continue;
      }
      boolean counts = within == null || Checks.isAdmitted(within, library.content(entry));
      outside += counts ? 0 : 1;
      if (counts) {
        chosen.add(entry);
      }
    }
    if (chosen.isEmpty()) {
      throw new InvalidInputException(
          library.folder().toString(),
          "",
          "examples"
              + (attacks.isEmpty() ? "" : " of " + String.join(", ", attacks))
              + permitted.words()
              + (within == null ? "" : " within " + within.name()),
          "none"
              + (outside == 0 ? "" : "; " + outside + " are outside")
              + (unfit.isEmpty() ? "" : "; " + unfit.size() + " are of other terms"));
    }
    ToDoubleFunction<Entry> score = by.in(library, chosen);
    chosen.sort(Comparator.comparingDouble(score).thenComparing(Comparator.naturalOrder()));
    return new RankedExamples(library, chosen, outside, unfit);
  }

  /** All that decides what is drawn: which examples, in which order. Their ids stand for them. */
  private static String hash(List<Entry> chosen) {
    StringBuilder ids = new StringBuilder("holdfast ranked examples 1\n");
    chosen.forEach(e -> ids.append(e.id()).append('\n'));
    return Hashes.sha256Hex(ids.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** SHA-256 over the ids in their order: another library, or another ranking, has another one. */
  public String hash() {
    return hash;
  }

  /** Number of examples. */
  public int size() {
    return entries.size();
  }

  /** Number of examples that the threat model does not admit. */
  public int outside() {
    return outside;
  }

  /** Examples whose consent or licence is none of those that were asked for. */
  public List<LeftOut> unfit() {
    return unfit;
  }

  /** The library. */
  public ExampleLibrary library() {
    return library;
  }

  /** Names of the attacks that found them, sorted. */
  public Set<String> attacks() {
    Set<String> names = new TreeSet<>();
    entries.forEach(e -> names.add(e.attack().name()));
    return Collections.unmodifiableSet(new LinkedHashSet<>(names));
  }

  /** The shapes of the inputs; one unless the library mixes several. */
  public Set<List<Integer>> shapes() {
    Set<List<Integer>> shapes = new LinkedHashSet<>();
    entries.forEach(e -> shapes.add(e.shape()));
    return shapes;
  }

  /** The largest label. */
  public int largestLabel() {
    return entries.stream().mapToInt(Entry::label).max().orElse(0);
  }

  /**
   * Draws examples between two shares of difficulty, none twice before all were drawn.
   *
   * @param least share of the easiest ones that are passed over, in [0, 1]
   * @param most share from which on examples are passed over as too hard, at least {@code least}
   * @return positions for {@link #at}
   */
  public int[] draw(int count, double least, double most, Seed seed) {
    int from = Math.min(entries.size() - 1, (int) Math.floor(least * entries.size()));
    int to = Math.max(from + 1, Math.min(entries.size(), (int) Math.ceil(most * entries.size())));
    int[] drawn = new int[count];
    int[] order = {};
    for (int i = 0; i < count; i++) {
      int turn = i % (to - from);
      if (turn == 0) {
        order = seed.split(i / (to - from)).permutation(to - from);
      }
      drawn[i] = from + order[turn];
    }
    return drawn;
  }

  /** The label at a position. */
  public int label(int position) {
    return entries.get(position).label();
  }

  /**
   * The numbers at a position, verified.
   *
   * @throws io.holdfast.common.HoldfastException if the file was changed since it was loaded
   */
  public Content at(int position) {
    return library.content(entries.get(position));
  }
}
