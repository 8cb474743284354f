package io.holdfast.experiment;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.threat.ThreatModel;
import io.holdfast.train.objective.Guide;
import io.holdfast.train.objective.Objectives;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Recipes of training that are compared with each other, as one file says it:
 *
 * <pre>{@code
 * name: objectives
 * experiment: {data: ..., model: ..., threat: "linf:0.1", train: {epochs: 4}}   # what all share
 * families:
 *   clean: {objectives: [standard, vat]}
 *   adversarial: {objectives: [pgd-at, {name: trades, beta: 4}], set: {train.batch: 64}}
 *   curriculum: {objective: pgd-at, set: {train.curriculum.epsilon: {from: 0.02, to: 0.1}}}
 *   adapted: {objective: pgd-at, start: standard, set: {train.lora: {}}}   # from another one's model
 * guides: {teacher: pgd-at}                      # who teaches objectives that learn from a model
 * judge: {attacks: [holdfast], examples: 200}    # threats: [...], the experiment's by default
 * final: {best: 6, attacks: [autoattack], examples: 1000}
 * clock: pgd-at                                  # whose time is 1
 * against: [pgd-at]                              # with whom all are compared, point by point
 * }</pre>
 *
 * A recipe of a list is called after its objective, one that stands alone after its family.
 *
 * @param name of the comparison
 * @param hash SHA-256 of the file's settings, whatever their comments
 * @param recipes in an order in which each comes after those that it needs
 * @param judge who judges all of them
 * @param last who judges the best of them
 * @param best how many those are; 0 for none
 * @param clock the recipe whose time is 1
 * @param against recipes that all others are compared with
 */
public record RecipeBook(
    String name,
    String hash,
    List<Recipe> recipes,
    Judge judge,
    Judge last,
    int best,
    String clock,
    List<String> against) {
  public RecipeBook {
    recipes = List.copyOf(recipes);
    against = List.copyOf(against);
  }

  /**
   * One of them.
   *
   * @param name in tables and folders
   * @param family whose settings it has
   * @param experiment what is run
   * @param needs the recipes that it learns or starts from
   */
  public record Recipe(String name, String family, Experiment experiment, Set<String> needs) {
    public Recipe {
      needs = Set.copyOf(needs);
    }
  }

  /**
   * Who judges.
   *
   * @param threats at least one; whoever holds within all of them holds
   * @param attacks at least one
   * @param examples the most test samples, the first ones
   */
  public record Judge(List<ThreatModel> threats, List<NamedAttack> attacks, int examples) {
    public Judge {
      threats = List.copyOf(threats);
      attacks = List.copyOf(attacks);
    }
  }

  /**
   * A recipe as it is written.
   *
   * @param start whose model it starts from, empty for nobody's
   * @param section of its family
   */
  private record Draft(
      String name,
      String family,
      Settings objective,
      Settings changes,
      String start,
      SettingsReader section) {}

  /** The folder of a recipe. */
  static Path folder(Path out, String recipe) {
    return out.resolve(recipe);
  }

  /**
   * Reads a file.
   *
   * @param out the folder in which models will lie that others learn or start from
   * @throws InvalidInputException with every problem of the file and of its recipes
   */
  public static RecipeBook read(Path file, Path out) {
    Problems problems = new Problems(file.toString());
    Settings whole = Settings.parse(file);
    SettingsReader r = whole.reader(problems);
    String name = r.text("name", "recipes");
    Settings base = r.requiredSection("experiment").settings();
    Experiment plain = Experiment.of(base, file.toString(), List.of(), problems);
    refuseTracker(plain, problems);
    List<Draft> drafts = drafts(r);
    List<String> names = drafts.stream().map(Draft::name).toList();
    Map<String, String> guides = guides(r, names);
    Set<String> families = new HashSet<>();
    drafts.stream()
        .filter(draft -> !draft.start().isEmpty() && families.add(draft.family()))
        .forEach(draft -> known(draft.section(), "start", draft.start(), names));
    SettingsReader judge = r.section("judge");
    SettingsReader last = r.section("final");
    int best = last.integer("best", 0, 0, Integer.MAX_VALUE);
    Judge first = judge(judge, List.of(plain.threat()));
    Judge second = judge(last, first.threats());
    String clock = known(r, "clock", r.text("clock", names.isEmpty() ? "" : names.get(0)), names);
    List<String> against = r.texts("against", List.of());
    against.forEach(other -> known(r, "against", other, names));
    r.finish();
    problems.throwIfAny();
    List<Recipe> recipes = new ArrayList<>();
    for (Draft draft : drafts) {
      problems.collect(() -> recipes.add(recipe(draft, base, guides, file, out, problems)));
    }
    problems.throwIfAny();
    List<Recipe> ordered = ordered(recipes, problems);
    requireSameSamples(recipes, against, problems);
    problems.throwIfAny();
    return new RecipeBook(name, whole.sha256(), ordered, first, second, best, clock, against);
  }

  private static void refuseTracker(Experiment experiment, Problems problems) {
    if (experiment.programme().track() != null) {
      experiment.reject(
          problems,
          "",
          "track",
          "recipes that no tracker is told of",
          "a tracker",
          "leave it out here");
    }
  }

  /** What is compared point by point is judged on the same test samples. */
  private static void requireSameSamples(
      List<Recipe> recipes, List<String> against, Problems problems) {
    List<Object> tests =
        recipes.stream().map(recipe -> tested(recipe.experiment())).distinct().toList();
    if (!against.isEmpty() && tests.size() > 1) {
      problems.add("against", "the same data.test for all recipes", tests.toString());
    }
  }

  private static Object tested(Experiment experiment) {
    Object test = experiment.settings().section("data").toMap().get("test");
    return test == null ? "none" : test;
  }

  /** Each after those that it needs, else in the order of the file. */
  private static List<Recipe> ordered(List<Recipe> recipes, Problems problems) {
    List<Recipe> left = new ArrayList<>(recipes);
    Map<String, Recipe> ordered = new LinkedHashMap<>();
    while (!left.isEmpty()) {
      Optional<Recipe> next =
          left.stream().filter(r -> ordered.keySet().containsAll(r.needs())).findFirst();
      if (next.isEmpty()) {
        problems.add(
            "families", "recipes that do not need each other's models", round(left).toString());
        return left;
      }
      ordered.put(next.get().name(), next.get());
      left.remove(next.get());
    }
    return List.copyOf(ordered.values());
  }

  /** Those of some recipes that others of them need, and those others again. */
  private static List<String> round(List<Recipe> left) {
    List<Recipe> needed =
        left.stream()
            .filter(r -> left.stream().anyMatch(other -> other.needs().contains(r.name())))
            .toList();
    return needed.size() == left.size() ? left.stream().map(Recipe::name).toList() : round(needed);
  }

  private static Recipe recipe(
      Draft draft,
      Settings base,
      Map<String, String> guides,
      Path file,
      Path out,
      Problems problems) {
    String of = "recipe " + draft.name() + ": ";
    Settings all = base;
    for (Map.Entry<String, Object> change : draft.changes().toMap().entrySet()) {
      all = all.withOverride(change.getKey(), Json.compact(change.getValue()), of + "set");
    }
    all = all.withOverride("train.objective", draft.objective().toJson(), of + "objective");
    Set<String> needs = new HashSet<>();
    if (!draft.start().isEmpty()) {
      all = all.withOverride("model.start", model(out, draft.start()), of + "start");
      needs.add(draft.start());
    }
    for (String role : roles(draft.objective())) {
      String teacher = guides.get(role);
      if (teacher != null && !draft.objective().toMap().containsKey(role)) {
        all = all.withOverride("train.objective." + role, model(out, teacher), of + "guides");
        needs.add(teacher);
      }
    }
    Experiment experiment = Experiment.of(all, file.toString(), List.of(), problems);
    if (base.toMap().get("track") == null) { // else it was told once
      refuseTracker(experiment, problems);
    }
    return new Recipe(draft.name(), draft.family(), experiment, needs);
  }

  /** The path of a recipe's model, as a value in a file. */
  private static String model(Path out, String recipe) {
    return Json.compact(new RunFolder(folder(out, recipe)).model().toString());
  }

  /** What models an objective learns from; none where it is not known. */
  private static List<String> roles(Settings objective) {
    Object name = objective.toMap().get(Settings.NAME);
    return Objectives.describe().stream()
        .filter(spec -> spec.name().equals(name))
        .flatMap(spec -> spec.usual().guides().stream())
        .map(Guide::role)
        .toList();
  }

  private static List<Draft> drafts(SettingsReader r) {
    SettingsReader families = r.requiredSection("families");
    List<Draft> drafts = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String family : families.keys()) {
      SettingsReader section = families.section(family);
      SettingsReader set = section.section("set");
      set.allow(set.keys().toArray(String[]::new));
      List<Draft> own = new ArrayList<>();
      if (section.has("objective")) {
        own.add(draft(family, family, section.textOrSection("objective"), set, section));
      }
      if (section.has("objectives")) {
        section
            .textsOrSections("objectives")
            .forEach(o -> own.add(draft(o.text(Settings.NAME), family, o, set, section)));
      }
      if (own.isEmpty()) {
        section.reject("objectives", "at least one objective", "none", null);
      }
      for (Draft draft : own) {
        if (!names.add(draft.name())) {
          section.reject("objectives", "each name once", draft.name() + " twice", null);
        }
      }
      drafts.addAll(own);
    }
    return drafts;
  }

  private static Draft draft(
      String name,
      String family,
      SettingsReader objective,
      SettingsReader set,
      SettingsReader section) {
    objective.allow(objective.keys().toArray(String[]::new));
    return new Draft(
        name, family, objective.settings(), set.settings(), section.text("start", ""), section);
  }

  private static Map<String, String> guides(SettingsReader r, List<String> names) {
    SettingsReader section = r.section("guides");
    Map<String, String> guides = new LinkedHashMap<>();
    for (String role : section.keys()) {
      guides.put(role, known(section, role, section.text(role), names));
    }
    return guides;
  }

  private static Judge judge(SettingsReader r, List<ThreatModel> usual) {
    List<ThreatModel> threats = new ArrayList<>();
    if (r.has("threats")) {
      r.textsOrSections("threats").forEach(entry -> threats.add(ThreatModel.read(entry)));
    }
    return new Judge(
        threats.isEmpty() ? usual : threats,
        EvaluationSection.attacks(r),
        r.integer("examples", EvaluationSection.DEFAULT_EXAMPLES, 1, Integer.MAX_VALUE));
  }

  private static String known(SettingsReader r, String key, String name, List<String> names) {
    if (!names.contains(name)) {
      r.reject(key, "a recipe of this file", name, Nearest.hint(name, names));
    }
    return name;
  }
}
