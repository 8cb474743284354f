package io.holdfast.threat;

import io.holdfast.common.Call;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Nearest;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Threat models as sections, files and short forms. */
final class ThreatModelFormat {
  private static final List<String> FILES = List.of(".yaml", ".yml", ".json");
  private static final List<String> SHORT =
      List.of(
          "linf",
          "l2",
          "l1",
          "l0",
          Recolouring.NAME,
          Wasserstein.NAME,
          CommonCorruptions.NAME,
          PixelChanges.NAME,
          SquarePatch.NAME,
          Frame.NAME);
  private static final Pattern SLASH = Pattern.compile("/");
  private static final Pattern PLUS = Pattern.compile("\\+(?=[A-Za-z])");

  /** Sets whose sizes all have defaults. */
  private static final List<String> BARE = List.of(RotationTranslation.NAME, Flow.NAME);

  /** What stands between the slashes of {@link PerturbationSet#key}, where it has any. */
  private static final Map<String, List<String>> PARTS =
      Map.of(
          RotationTranslation.NAME, List.of("degrees", "shift"),
          Flow.NAME, List.of("pixels", "grid"),
          Wasserstein.NAME, List.of("epsilon", "window"),
          Recolouring.NAME, List.of("epsilon", "grid", "smooth", "colours"),
          CodeChanges.NAME, List.of("changes", "levels"));

  private static final String EXTRA = "/extra"; // corruptions

  private static final String FORM =
      "a short form such as linf:0.1, l2:1.5, l1:12, l0:25, corruption:3, l2:inf, pixels:5, patch:6,"
          + " frame:2, flow:2/7, rotation-translation:30/0.1, recolour:0.1, wasserstein:0.1/5, or a"
          + " file";

  private ThreatModelFormat() {}

  static ThreatModel parse(String spec) {
    String text = spec.strip();
    boolean file = FILES.stream().anyMatch(text::endsWith) || exists(text);
    Settings settings = file ? Settings.parse(Path.of(text)) : shortForm(Call.parse(text), text);
    Problems problems = new Problems(text);
    SettingsReader reader = settings.reader(problems);
    ThreatModel threat = read(reader);
    reader.finish();
    problems.throwIfAny();
    return threat;
  }

  /** Not where a text is no path at all, as short forms on systems without colons in names. */
  private static boolean exists(String text) {
    try {
      return Files.exists(Path.of(text));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * Reads a section, or a short form as {@link SettingsReader#textOrSection} gives it. After a
   * problem the result is harmless.
   */
  static ThreatModel read(SettingsReader reader) {
    if (!reader.has(PerturbationSets.KIND) && reader.has(Settings.NAME)) {
      return readShortForm(reader);
    }
    PerturbationSet set = PerturbationSets.read(reader);
    PerturbationSet usable = set == null ? new Additive(Norm.LINF, 0) : set;
    String name = reader.text("name", usable.key());
    int version = reader.integer("version", 1, 1, Integer.MAX_VALUE);
    Domain domain = domain(reader);
    Goal goal = goal(reader);
    Knowledge knowledge = reader.choice("knowledge", Knowledge.WHITE_BOX);
    long budget = reader.longInteger("query_budget", ThreatModel.UNLIMITED, 1, Long.MAX_VALUE);
    try {
      return new ThreatModel(name, version, usable, domain, goal, knowledge, budget).checked();
    } catch (InvalidInputException e) {
      e.problems().forEach(p -> reader.reject(p.field(), p.expected(), p.found(), p.hint()));
      return ThreatModel.linf(0);
    }
  }

  private static ThreatModel readShortForm(SettingsReader reader) {
    String text = reader.text(Settings.NAME);
    try {
      Map<String, Object> section = new LinkedHashMap<>(shortForm(new Call(text), text).toMap());
      reader
          .settings()
          .toMap()
          .forEach(
              (k, v) -> {
                if (!k.equals(Settings.NAME)) {
                  section.put(k, v);
                }
              });
      Problems problems = new Problems(text);
      SettingsReader inner = Settings.of(section).reader(problems);
      ThreatModel threat = read(inner);
      inner.finish();
      problems.throwIfAny();
      return threat;
    } catch (InvalidInputException e) {
      e.problems().forEach(p -> reader.reject(Settings.NAME, p.expected(), p.found(), p.hint()));
      return ThreatModel.linf(0);
    }
  }

  /** The section that {@code linf:0.1}, {@code linf:8/255+l2:1} or one with brackets stands for. */
  private static Settings shortForm(Call call, String text) {
    List<Settings> members = new ArrayList<>();
    for (String part : PLUS.splitAsStream(call.name()).toList()) {
      members.add(member(part, text, members.isEmpty() ? call.arguments() : Map.of()));
    }
    if (members.size() == 1) {
      return members.get(0);
    }
    Map<String, Object> union = PerturbationSets.map("union", "members", members);
    return Settings.of(union);
  }

  private static Settings member(String part, String text, Map<String, String> more) {
    int colon = part.indexOf(':');
    String norm = colon < 0 ? part : part.substring(0, colon);
    boolean bare = colon < 0 && BARE.contains(norm);
    boolean sized = colon >= 0 && (SHORT.contains(norm) || PARTS.containsKey(norm));
    if (!bare && !sized) {
      List<String> known =
          Stream.of(SHORT, BARE, PARTS.keySet()).flatMap(Collection::stream).sorted().toList();
      String hint = known.contains(norm) ? null : Nearest.hint(norm, known);
      throw new InvalidInputException("", "", FORM, '"' + text + '"', hint);
    }
    Map<String, String> values = new LinkedHashMap<>();
    values.put(PerturbationSets.KIND, norm);
    if (!bare) {
      values.putAll(sizes(norm, part.substring(colon + 1), text));
    }
    values.putAll(more);
    Map<String, Object> section = new LinkedHashMap<>(new Call(norm, values).toSettings().toMap());
    section.remove(Settings.NAME);
    return Settings.of(section);
  }

  /** What stands behind the colon: a size, which may be a fraction, or the parts of a key. */
  private static Map<String, String> sizes(String norm, String written, String text) {
    List<String> keys = PARTS.get(norm);
    if (norm.equals(CommonCorruptions.NAME) && written.endsWith(EXTRA)) {
      String severity = written.substring(0, written.length() - EXTRA.length());
      return Map.of(PerturbationSets.sizeKey(norm), severity, "extra", "true");
    }
    List<String> parts = SLASH.splitAsStream(written).toList();
    boolean fraction = norm.equals(Recolouring.NAME) && parts.size() == 2; // such as 16/255
    if (keys == null || fraction) {
      return Map.of(PerturbationSets.sizeKey(norm), written);
    }
    if (parts.size() > keys.size()) {
      String expected = norm + ":" + String.join("/", keys);
      throw new InvalidInputException("", "", expected, '"' + text + '"');
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      values.put(keys.get(i), parts.get(i));
    }
    return values;
  }

  private static Domain domain(SettingsReader reader) {
    List<Double> ends =
        reader.numbers(
            "domain", List.of(0.0, 1.0), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    if (ends.size() != 2 || !(ends.get(0) < ends.get(1))) {
      reader.reject("domain", "the lowest and the highest valid value", ends.toString(), null);
      return Domain.UNIT;
    }
    return new Domain(ends.get(0), ends.get(1));
  }

  private static Goal goal(SettingsReader reader) {
    String text = reader.text("goal", "any-wrong");
    if (text.equals("any-wrong")) {
      return Goal.anyWrong();
    } else if (text.equals("least-likely")) {
      return Goal.leastLikely();
    } else if (text.matches("class:\\d{1,9}")) {
      return Goal.target(Integer.parseInt(text.substring("class:".length())));
    }
    reader.reject("goal", "any-wrong, least-likely or class:N", '"' + text + '"', null);
    return Goal.anyWrong();
  }

  static Settings toSettings(ThreatModel threat) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", threat.name());
    map.put("version", threat.version());
    map.putAll(threat.set().toMap());
    map.put("domain", List.of(threat.domain().low(), threat.domain().high()));
    map.put("goal", threat.goal().key());
    map.put("knowledge", threat.knowledge().key());
    if (threat.queryBudget() != ThreatModel.UNLIMITED) {
      map.put("query_budget", threat.queryBudget());
    }
    return Settings.of(map);
  }
}
