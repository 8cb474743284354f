package io.holdfast.attack.library;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.SettingsReader;
import io.holdfast.threat.Distances;
import io.holdfast.threat.ThreatModel;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Entries as lines of JSON, each of them {@link Sealed}. */
final class EntryFormat {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private EntryFormat() {}

  /**
   * A line read.
   *
   * @param row of the tensors that the entry belongs to, from 0
   */
  record Line(int row, Entry entry) {}

  // ---- writing

  static String write(Line line) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("row", line.row());
    map.putAll(map(line.entry()));
    return Json.compact(Sealed.seal(map));
  }

  /** An entry's keys and values, as the file has them. */
  static Map<String, Object> map(Entry e) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", e.id());
    map.put("shape", e.shape());
    map.put("label", e.label());
    map.put("prediction", e.prediction());
    map.put("confidence", e.confidence());
    map.put("true_confidence", e.trueConfidence());
    map.put("distances", distances(e.distances()));
    map.put("threat", e.threat().toSettings().toMap());
    map.put("attack", attack(e.attack()));
    map.put("model", model(e.model()));
    map.put("source", source(e.source()));
    map.put("date", e.date().toString());
    LocalDate end = e.expires();
    if (end != null) {
      map.put("expires", end.toString());
    }
    map.put("status", e.status().key());
    return map;
  }

  private static Map<String, Object> distances(Distances d) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("l0", d.l0());
    map.put("l1", d.l1());
    map.put("l2", d.l2());
    map.put("linf", d.linf());
    return map;
  }

  static Map<String, Object> attack(AttackOrigin a) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("key", a.key());
    map.put("seed", a.seed());
    map.put("precision", a.precision());
    map.put("code", a.code());
    map.put("queries", a.queries());
    map.put("gradients", a.gradients());
    return map;
  }

  static Map<String, Object> model(ModelOrigin m) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("weights", m.weights());
    map.put("bundle", m.bundle());
    map.put("architecture", m.architecture());
    return map;
  }

  private static Map<String, Object> source(SampleSource s) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("data", s.data());
    map.put("data_hash", s.dataHash());
    map.put("sample_id", s.sampleId());
    map.put("licence", s.licence());
    map.put("consent", s.consent());
    if (!s.className().isEmpty()) {
      map.put("class", s.className());
    }
    return map;
  }

  // ---- reading

  /** Reads a line, of which problems go to the reader. */
  static Line read(SettingsReader r) {
    int row = r.integer("row", 0, Integer.MAX_VALUE);
    LocalDate date = date(r, "date");
    if (date == null) {
      r.reject("date", "a date such as 2026-11-25", "nothing", null);
      date = LocalDate.EPOCH;
    }
    Entry entry =
        new Entry(
            hash(r, "id"),
            r.integers("shape", List.of(), 1, Integer.MAX_VALUE),
            r.integer("label", 0, Integer.MAX_VALUE),
            r.integer("prediction", 0, Integer.MAX_VALUE),
            r.number("confidence", 0, 1),
            r.number("true_confidence", 0, 1),
            readDistances(r.requiredSection("distances")),
            ThreatModel.read(r.requiredSection("threat")),
            readAttack(r.requiredSection("attack")),
            readModel(r.requiredSection("model")),
            readSource(r.requiredSection("source")),
            date,
            date(r, "expires"),
            Status.of(r.choice("status", Status.keys())));
    if (entry.shape().isEmpty()) {
      r.reject("shape", "the shape of an input", "nothing", null);
    }
    return new Line(row, entry);
  }

  static String hash(SettingsReader r, String key) {
    String hash = r.text(key);
    if (!HASH.matcher(hash).matches()) {
      r.reject(key, "SHA-256 as 64 hexadecimal digits", '"' + hash + '"', null);
    }
    return hash;
  }

  static @Nullable LocalDate date(SettingsReader r, String key) {
    String text = r.textOrNull(key);
    try {
      return text == null ? null : LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      r.reject(key, "a date such as 2026-11-25", '"' + text + '"', null);
      return null;
    }
  }

  private static Distances readDistances(SettingsReader r) {
    return new Distances(
        r.number("l0", 0, Double.POSITIVE_INFINITY),
        r.number("l1", 0, Double.POSITIVE_INFINITY),
        r.number("l2", 0, Double.POSITIVE_INFINITY),
        r.number("linf", 0, Double.POSITIVE_INFINITY));
  }

  static AttackOrigin readAttack(SettingsReader r) {
    String key = r.text("key");
    long seed = r.longInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE);
    String precision = r.text("precision");
    String code = r.text("code");
    long queries = r.longInteger("queries", 0, Long.MAX_VALUE);
    long gradients = r.longInteger("gradients", 0, Long.MAX_VALUE);
    try {
      return new AttackOrigin(key, seed, precision, code, queries, gradients);
    } catch (InvalidInputException e) {
      r.reject("key", "an attack such as pgd[steps=50]", '"' + key + '"', null);
      return new AttackOrigin("unknown", seed, precision, code, queries, gradients);
    }
  }

  static ModelOrigin readModel(SettingsReader r) {
    return new ModelOrigin(r.text("weights"), r.text("bundle"), r.text("architecture"));
  }

  private static SampleSource readSource(SettingsReader r) {
    return new SampleSource(
        r.text("data"),
        r.text("data_hash"),
        r.longInteger("sample_id", Long.MIN_VALUE, Long.MAX_VALUE),
        r.text("licence"),
        r.text("consent"),
        r.text("class", ""));
  }
}
