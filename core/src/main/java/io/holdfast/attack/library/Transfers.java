package io.holdfast.attack.library;

import io.holdfast.attack.library.Answers.Answer;
import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.record.Rate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Measures how far a library's examples carry over to a model. */
public final class Transfers {
  private Transfers() {}

  /**
   * What came out. Rates are over the examples whose clean input the model has right; what it has
   * wrong already says nothing of transfer.
   *
   * @param transfer example by example
   * @param fooled share that it answers wrongly; null where it has no clean input right
   * @param byAttack the same for each attack, by name, as far as it has some right
   * @param byModel the same for each model that the examples were made for, by the hash of its
   *     weights
   */
  public record Result(
      Transfer transfer,
      @Nullable Rate fooled,
      Map<String, Rate> byAttack,
      Map<String, Rate> byModel) {}

  /**
   * Asks the model about every usable entry.
   *
   * @throws io.holdfast.common.InvalidInputException if they are not what the model takes, or there
   *     are none
   */
  public static Result measure(ExampleLibrary library, Answers answers, ModelOrigin model) {
    List<Entry> entries = library.requireUsable();
    List<Answer> all = answers.on(library, entries);
    Set<String> fooled = new TreeSet<>();
    Set<String> held = new TreeSet<>();
    Set<String> wrong = new TreeSet<>();
    for (int i = 0; i < all.size(); i++) {
      Entry entry = entries.get(i);
      boolean right = all.get(i).clean() == entry.label();
      boolean falls = all.get(i).adversarial() != entry.label();
      (right ? falls ? fooled : held : wrong).add(entry.id());
    }
    Transfer transfer = new Transfer(model, library.today(), fooled, held, wrong);
    return new Result(
        transfer,
        fooled.isEmpty() && held.isEmpty()
            ? null
            : Rate.of(fooled.size(), fooled.size() + held.size()),
        rates(entries, transfer, e -> e.attack().name()),
        rates(entries, transfer, e -> e.model().weights()));
  }

  private static Map<String, Rate> rates(
      List<Entry> entries, Transfer transfer, Function<Entry, String> group) {
    Map<String, long[]> counts = new TreeMap<>();
    for (Entry entry : entries) {
      long[] count = counts.computeIfAbsent(group.apply(entry), g -> new long[2]);
      count[0] += transfer.fooled().contains(entry.id()) ? 1 : 0;
      count[1] += transfer.wrong().contains(entry.id()) ? 0 : 1;
    }
    Map<String, Rate> rates = new LinkedHashMap<>();
    counts.forEach(
        (name, count) -> {
          if (count[1] > 0) {
            rates.put(name, Rate.of(count[0], count[1]));
          }
        });
    return rates;
  }

  /**
   * The usable entries made for this very model that no longer fell it.
   *
   * @return one finding for each
   */
  public static List<LeftOut> thatHold(ExampleLibrary library, Answers answers, ModelOrigin model) {
    List<Entry> own =
        library.usable().stream().filter(e -> e.model().weights().equals(model.weights())).toList();
    List<Answer> all = answers.on(library, own);
    List<LeftOut> holding = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Entry entry = own.get(i);
      if (all.get(i).adversarial() == entry.label()) {
        String reason = "the model that it was made for answers " + entry.label() + ", the label";
        holding.add(new LeftOut(entry.id(), Fault.HOLDS, library.folder().toString(), reason));
      }
    }
    return holding;
  }
}
