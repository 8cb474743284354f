package io.holdfast.experiment;

import io.holdfast.common.Nearest;
import io.holdfast.common.Problem;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.train.TrainingRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One of several stages of training, each of which goes on with the weights of the one before. In a
 * file a stage is a section with the keys of {@code train}, which change those of {@code train} for
 * this stage, beside {@code name}, {@code start}, {@code name_map} and {@code freeze}.
 *
 * @param name of the stage and its folder: letters, digits, dot, dash and underscore
 * @param experiment the experiment as this stage has it: its section {@code train} is the stage's;
 *     {@code model.start} is the file that the stage begins with, if it begins with one
 * @param after the earlier stage with whose weights this one begins; null for a stage that begins
 *     with a file or with fresh weights
 */
public record Stage(String name, Experiment experiment, @Nullable String after) {
  /** The key of a file that holds the stages. */
  public static final String KEY = "stages";

  static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final String NAMES =
      "a name of its own, of letters, digits, dot, dash and underscore";
  private static final String START = StartingWeights.START;
  private static final String NAME_MAP = StartingWeights.NAMES;
  private static final String FREEZE = "freeze";
  private static final List<String> OWN = List.of(Settings.NAME, START, NAME_MAP, FREEZE);
  private static final String KNOWN = "known here: ";
  private static final String TRAIN = "train";
  private static final String MODEL = "model";

  /** A stage as it is written, its name already checked. */
  record Section(String path, String name, @Nullable String start, Settings settings) {}

  /** Reads what belongs to the stages alone; problems go to the reader. */
  static List<Section> sections(SettingsReader r) {
    List<Section> sections = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (SettingsReader stage : r.sections(KEY)) {
      String name = stage.text(Settings.NAME, TrainingRecord.stageName(sections.size()));
      boolean plain = PLAIN.matcher(name).matches();
      if (!plain || !names.add(name)) {
        stage.reject(Settings.NAME, NAMES, name, plain ? "an earlier stage has it" : null);
      }
      String start = stage.textOrNull(START);
      sections.add(new Section(stage.path(), name, start, stage.settings()));
    }
    if (r.has(KEY) && sections.isEmpty()) {
      r.reject(KEY, "at least one stage", "none", null);
    }
    return sections;
  }

  /**
   * Makes each stage an experiment of its own.
   *
   * @param whole settings of the experiment without what is no single training
   * @param problems to which those are added that the experiment does not have without stages
   */
  static List<Stage> of(List<Section> sections, Settings whole, String source, Problems problems) {
    List<Problem> known = problems.list();
    List<Stage> stages = new ArrayList<>();
    for (Section section : sections) {
      Problems own = new Problems(source);
      Stage stage = of(section, stages, whole, source, own);
      own.list().stream()
          .filter(p -> !known.contains(p))
          .forEach(p -> problems.add(told(p, section)));
      stages.add(stage);
    }
    return stages;
  }

  private static Stage of(
      Section section, List<Stage> before, Settings whole, String source, Problems own) {
    List<String> earlier = before.stream().map(Stage::name).toList();
    String start = section.start;
    boolean named = start != null && earlier.contains(start);
    String after = named ? start : null;
    Settings model = whole.section(MODEL);
    if (start != null || !before.isEmpty()) {
      model = model.without(START, NAME_MAP);
    }
    model = model.changedBy(section.settings.only(FREEZE, NAME_MAP));
    if (start != null && !named) {
      requireFile(section, start, earlier, own);
      model = model.changedBy(section.settings.only(START));
    } else if (!before.isEmpty()) {
      after = named ? start : earlier.get(earlier.size() - 1);
    }
    Settings derived =
        whole.with(MODEL, model).with(TRAIN, TrainingRecord.train(whole, section.settings));
    return new Stage(section.name, Experiment.single(derived, source, own), after);
  }

  /** A word without a slash or an ending that is near the name of an earlier stage is no file. */
  private static void requireFile(
      Section section, String start, List<String> earlier, Problems own) {
    if (PLAIN.matcher(start).matches() && !start.contains(".")) {
      own.addAt(
          section.settings.place(),
          section.path + "." + START,
          earlier.isEmpty()
              ? "a bundle or a weights file"
              : "a bundle, a weights file, or an earlier stage: " + String.join(", ", earlier),
          '"' + start + '"',
          Nearest.hint(start, earlier));
    }
  }

  /** A problem of the derived experiment, told at the stage. */
  private static Problem told(Problem p, Section section) {
    String field = p.field();
    for (String prefix : List.of(TRAIN + ".", MODEL + ".")) {
      if (field.startsWith(prefix)) {
        String key = field.substring(prefix.length());
        String hint = p.hint();
        if (hint != null && hint.startsWith(KNOWN) && !key.contains(".")) {
          hint = KNOWN + String.join(", ", OWN) + ", " + hint.substring(KNOWN.length());
        }
        return new Problem(p.source(), section.path + "." + key, p.expected(), p.found(), hint);
      }
    }
    return p;
  }
}
