package io.holdfast.report;

import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.record.ClassScore;
import io.holdfast.record.Rate;
import io.holdfast.report.View.Model;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The report's sentences. */
final class Words {

  private static final Set<String> ACRONYMS =
      Set.of("fgsm", "pgd", "apgd", "cw", "dlr", "ce", "fab", "ddn", "eot", "r", "t", "bim", "mim");
  private static final Pattern PLAIN_NAME = Pattern.compile("[a-z]{4,}");

  private Words() {}

  /** What the report found, in one plain sentence. */
  static String verdict(View view) {
    Model subject = view.subject();
    String name = upperFirst(the(subject.name()));
    Rate robust = subject.card().robustAccuracy();
    if (robust != null && subject.card().attacks().isEmpty()) {
      return "%s answers %s of 100 images correctly; time was up before an attack had judged any."
          .formatted(name, Numbers.ofHundred(subject.card().cleanAccuracy().value()));
    }
    if (robust == null) {
      return "%s answers %s of 100 images correctly; no attack was tried."
          .formatted(name, Numbers.ofHundred(subject.card().cleanAccuracy().value()));
    }
    String keeps =
        subject.threat().targeted()
            ? "%s gets %s%s of 100 images right and keeps them from the wanted answer %s within %s%s."
            : "%s keeps %s%s of 100 images correct %s within %s%s.";
    return keeps.formatted(
        name,
        atMost(subject),
        Numbers.ofHundred(robust.value()),
        against(subject),
        view.threat().shortForm(),
        comparison(view));
  }

  private static String against(Model subject) {
    int attacks = subject.card().attacks().size();
    return attacks == 1
        ? "against " + strongest(subject)
        : "under the worst of %s attacks".formatted(attacks);
  }

  private static String strongest(Model model) {
    return model.strongest().map(Words::attack).orElse("none");
  }

  /** What the verdict rests on. */
  static String basis(View view) {
    Model subject = view.subject();
    Rate robust = subject.card().robustAccuracy();
    Rate rate = robust == null ? subject.card().cleanAccuracy() : robust;
    String images =
        Numbers.count((double) rate.n()) + (rate.n() == 1 ? " test image" : " test images");
    return subject.card().attacks().size() < 2
        ? "Measured on %s.".formatted(images)
        : "Measured on %s; the strongest single attack is %s."
            .formatted(images, strongest(subject));
  }

  private static String comparison(View view) {
    if (!view.compares()) {
      return "; with no attack it answers %s correctly"
          .formatted(Numbers.ofHundred(view.subject().card().cleanAccuracy().value()));
    }
    return view.models().subList(0, view.models().size() - 1).stream()
        .map(
            model ->
                the(model.name()) + kept(model) + (view.sameThreat() ? "" : within(view, model)))
        .collect(Collectors.joining(", ", "; ", ""));
  }

  private static String kept(Model model) {
    Rate robust = model.card().robustAccuracy();
    return robust == null || model.card().attacks().isEmpty()
        ? " was not attacked"
        : " keeps " + atMost(model) + Numbers.ofHundred(robust.value());
  }

  /** What an image must withstand to be counted. */
  static String correctUnderAttack(View view) {
    String wins =
        view.threat().targeted()
            ? "only if the model answers right without an attack, and the attacker, doing its worst"
                + " within %s, cannot make it answer %s"
                    .formatted(view.threat().shortForm(), view.threat().wins())
            : "only if the model still answers right after the attacker has done its worst within %s"
                .formatted(view.threat().shortForm());
    String others =
        view.sameThreat()
            ? ""
            : " The models were judged within different threat models (%s): their figures are of"
                    .formatted(
                        view.models().stream()
                            .map(m -> m.name() + ": " + threat(view, m))
                            .collect(Collectors.joining(", ")))
                + " different questions, and no difference is taken.";
    return "An image counts as correct under attack " + wins + "." + others;
  }

  private static String within(View view, Model model) {
    return " within another threat model (" + threat(view, model) + ")";
  }

  /** A model's threat model, with the settings that tell it from the others'. */
  private static String threat(View view, Model model) {
    return model.threat().shortForm()
        + view.threatDifferences().stream()
            .filter(key -> !key.equals("perturbation") && !key.equals("epsilon"))
            .map(key -> ", " + key.replace('_', ' ') + " " + model.threat().value(key))
            .collect(Collectors.joining());
  }

  /** Samples that were not judged before time was up count as held. */
  private static String atMost(Model model) {
    return model.card().incomplete().isEmpty() ? "" : "at most ";
  }

  private static String the(String name) {
    if (name.equals("model")) {
      return "the model";
    }
    return PLAIN_NAME.matcher(name).matches() ? "the " + name + " model" : "“" + name + "”";
  }

  /** An attack's key as people say it: {@code pgd[steps=50]} is {@code PGD, 50 steps}. */
  static String attack(String key) {
    Call call;
    try {
      call = Call.parse(key);
    } catch (InvalidInputException e) {
      return key; // free text is a legitimate key
    }
    List<String> parts = new ArrayList<>(List.of(attackName(call.name())));
    call.arguments().forEach((name, value) -> parts.add(argument(name, value)));
    return String.join(", ", parts);
  }

  /** A corruption's key as people say it: {@code gaussian-noise} is {@code Gaussian noise}. */
  static String corruption(String key) {
    String name = upperFirst(key.replace('-', ' '));
    return name.replace("Jpeg", "JPEG");
  }

  private static String attackName(String name) {
    List<String> words = new ArrayList<>();
    for (String word : name.split("-", -1)) {
      words.add(ACRONYMS.contains(word) ? word.toUpperCase(Locale.ROOT) : word);
    }
    return upperFirst(String.join("-", words));
  }

  private static String argument(String name, String value) {
    String spaced = name.replace('_', ' ');
    if (!value.matches("\\d+") || !spaced.endsWith("s")) {
      return spaced + " " + value;
    }
    return value + " " + (value.equals("1") ? spaced.substring(0, spaced.length() - 1) : spaced);
  }

  /** Which classes an attacker goes for first. */
  static String weakest(Model model) {
    List<ClassScore> weakest = model.weakestClasses();
    if (weakest.isEmpty()) {
      return "No class was attacked.";
    }
    ClassScore worst = weakest.get(0);
    String clean = Numbers.percent(worst.cleanAccuracy().value());
    String without = robust(worst).equals(clean) ? "the same as" : "down from " + clean;
    String first =
        "%s is the weakest class under attack: %s correct, %s without."
            .formatted(upperFirst(worst.name()), robust(worst), without);
    if (weakest.size() < 3) {
      return first;
    }
    ClassScore second = weakest.get(1);
    ClassScore third = weakest.get(2);
    return first
        + " Next: %s (%s) and %s (%s)."
            .formatted(second.name(), robust(second), third.name(), robust(third));
  }

  private static String robust(ClassScore score) {
    return Numbers.percent(Model.robust(score).value());
  }

  /** The commonest mistakes under attack. */
  static String mistakes(Model model) {
    record Mistake(int truth, int answer, long count) {}
    List<List<Long>> confusion = model.card().confusion().attacked();
    if (confusion == null) {
      return "Not attacked.";
    }
    List<Mistake> all = new ArrayList<>();
    for (int truth = 0; truth < confusion.size(); truth++) {
      for (int answer = 0; answer < confusion.size(); answer++) {
        long count = confusion.get(truth).get(answer);
        if (answer != truth && count > 0) {
          all.add(new Mistake(truth, answer, count));
        }
      }
    }
    if (all.isEmpty()) {
      return "No image was answered wrongly.";
    }
    return all.stream()
        .sorted(Comparator.comparingLong(Mistake::count).reversed())
        .limit(3)
        .map(
            m ->
                "%s taken for %s (%s)"
                    .formatted(model.className(m.truth()), model.className(m.answer()), m.count()))
        .collect(Collectors.joining(", ", "Commonest mistakes: ", "."));
  }

  static String upperFirst(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  /** Whether a model was trained on an attack; null if that is not known. */
  static String seen(@Nullable Boolean inTraining) {
    if (inTraining == null) {
      return "not known";
    }
    return inTraining ? "seen" : "unseen";
  }
}
