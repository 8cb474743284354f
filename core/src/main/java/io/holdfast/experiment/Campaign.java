package io.holdfast.experiment;

import io.holdfast.bundle.Bundle;
import io.holdfast.bundle.Models;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Seed;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.common.governor.Budgets;
import io.holdfast.data.DataSource;
import io.holdfast.data.Dataset;
import io.holdfast.data.SampleForm;
import io.holdfast.data.image.LabelUse;
import io.holdfast.evaluate.NamedAttack;
import io.holdfast.model.arch.NameMap;
import io.holdfast.model.graph.Shape;
import io.holdfast.threat.ThreatModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Many attacks on many models within many threat models, as one file says it:
 *
 * <pre>{@code
 * name: quarterly
 * data: "embedded:fashion-mnist/test"
 * examples: 500
 * models: {standard: runs/standard/model.holdfast, theirs: {path: w.safetensors, architecture: small-cnn}}
 * threats: ["linf:0.1", "l2:1.5"]
 * attacks: [fgsm, "pgd[steps=50,restarts=5]"]
 * }</pre>
 *
 * @param name of the campaign
 * @param seed of all random streams
 * @param data labelled samples
 * @param dataPlace file and line that name the data, for messages
 * @param examples the most of them to attack, the first ones; at least 1
 * @param models at least one
 * @param threats at least one, with names of their own
 * @param attacks at least one, with keys of their own
 * @param surrogates models that the attacker searches on in place of each of the models
 * @param governor what the attacks may use; never changes results
 */
public record Campaign(
    String name,
    Seed seed,
    DataSource data,
    String dataPlace,
    int examples,
    List<Model> models,
    List<ThreatModel> threats,
    List<NamedAttack> attacks,
    SurrogateSection surrogates,
    Budgets governor) {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  public Campaign {
    models = List.copyOf(models);
    threats = List.copyOf(threats);
    attacks = List.copyOf(attacks);
  }

  /**
   * One of the models.
   *
   * @param name in tables and folders: letters, digits, dot, dash and underscore
   * @param path of a bundle or of weights
   * @param architecture of weights
   * @param nameMap from our names of weights to those in the file
   */
  public record Model(
      String name, String path, @Nullable String architecture, @Nullable String nameMap) {
    /**
     * Opens it; the caller closes it.
     *
     * @param input shape of the samples, for weights that serve several; null where not known
     * @throws InvalidInputException if it is missing, damaged or does not fit its architecture
     */
    public Bundle open(@Nullable Shape input) {
      return Models.open(
          path, architecture, nameMap == null ? null : NameMap.read(Path.of(nameMap)), input);
    }
  }

  /**
   * Reads a file.
   *
   * @throws InvalidInputException with every problem found
   */
  public static Campaign read(Path file) {
    Problems problems = new Problems(file.toString());
    SettingsReader r = Settings.parse(file).reader(problems);
    List<ThreatModel> threats = threats(r);
    Campaign campaign =
        new Campaign(
            r.text("name", "campaign"),
            new Seed(
                r.longInteger("seed", Experiment.DEFAULT_SEED, Long.MIN_VALUE, Long.MAX_VALUE)),
            DataSource.read(r, "data"),
            r.place("data"),
            r.integer("examples", EvaluationSection.DEFAULT_EXAMPLES, 1, Integer.MAX_VALUE),
            models(r, threats),
            threats,
            EvaluationSection.attacks(r),
            SurrogateSection.read(r),
            Budgets.readForAttacks(r.section("governor")));
    r.finish();
    problems.throwIfAny();
    return campaign;
  }

  /** The samples to attack; null where they cannot be opened, which is added. */
  @Nullable Dataset open(Problems problems) {
    try {
      return data.open(LabelUse.TASK, form()).first(examples);
    } catch (InvalidInputException e) {
      e.problems()
          .forEach(
              p ->
                  problems.addAt(
                      dataPlace, "data", p.expected(), ExperimentData.found(p), p.hint()));
      return null;
    }
  }

  /** Of the samples that the first bundle was trained on; null where there is none. */
  private @Nullable SampleForm form() {
    return models.stream()
        .flatMap(model -> Models.form(model.path()).stream())
        .findFirst()
        .orElse(null);
  }

  private static List<Model> models(SettingsReader r, List<ThreatModel> threats) {
    SettingsReader section = r.requiredSection("models");
    List<String> files = new ArrayList<>(List.of(CampaignRun.RESULT));
    threats.forEach(threat -> files.add(report(threat)));
    List<Model> models = new ArrayList<>();
    for (String name : section.keys()) {
      if (!PLAIN.matcher(name).matches()) {
        section.reject(name, "a name of letters, digits, dot, dash and underscore", name, null);
      } else if (files.contains(name)) {
        section.reject(name, "a name that no file of the campaign has", name, null);
      }
      if (section.isSection(name)) {
        SettingsReader one = section.section(name);
        models.add(
            new Model(
                name,
                one.text("path"),
                one.textOrNull("architecture"),
                one.textOrNull("name_map")));
      } else {
        models.add(new Model(name, section.text(name), null, null));
      }
    }
    if (models.isEmpty() && r.has("models")) {
      r.reject("models", "at least one model", "none", null);
    }
    return models;
  }

  private static List<ThreatModel> threats(SettingsReader r) {
    List<SettingsReader> entries = r.textsOrSections("threats");
    List<ThreatModel> threats = new ArrayList<>();
    entries.forEach(entry -> threats.add(ThreatModel.read(entry)));
    for (ThreatFolders.Fault fault : ThreatFolders.faults(threats)) {
      boolean whole = fault.field().isEmpty();
      (whole ? r : entries.get(fault.at()))
          .reject(whole ? "threats" : fault.field(), fault.expected(), fault.found(), fault.hint());
    }
    if (threats.isEmpty()) {
      r.reject("threats", "at least one threat model, such as linf:0.1", "none", null);
    }
    return threats;
  }

  /** The name of the file that compares models within a threat model. */
  static String report(ThreatModel threat) {
    return ThreatFolders.of(threat) + ".html";
  }
}
