package io.holdfast.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.data.SampleForm;
import io.holdfast.data.image.Scale;
import io.holdfast.threat.Domain;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code bundle.json}. Its {@code id} is the SHA-256 of the rest in canonical form
 * but for the scorecard's hash, so that it covers everything and evaluating a model does not change
 * it.
 *
 * @param architecture as {@code Architectures.parse} reads it; empty for a graph of its own
 * @param classNames by label
 * @param inputShape of one sample
 * @param domain valid input values
 * @param scale of the numbers in the file of the training samples; null where its format told it
 * @param provenance where the weights come from
 * @param sha256 of every other entry, by name
 */
record Manifest(
    String architecture,
    List<String> classNames,
    List<Integer> inputShape,
    Domain domain,
    @Nullable Scale scale,
    Provenance provenance,
    Map<String, String> sha256) {
  static final int VERSION = 1;
  private static final String FORMAT = "holdfast-bundle";
  private static final String ID = "id";
  private static final String SHA256 = "sha256";
  private static final String SCALE = "scale";

  Manifest {
    classNames = List.copyOf(classNames);
    inputShape = List.copyOf(inputShape);
    sha256 = Collections.unmodifiableMap(new TreeMap<>(sha256));
  }

  /** The same with another hash of an entry. */
  Manifest with(String entry, String hash) {
    Map<String, String> hashes = new LinkedHashMap<>(sha256);
    hashes.put(entry, hash);
    return new Manifest(architecture, classNames, inputShape, domain, scale, provenance, hashes);
  }

  SampleForm form() {
    return new SampleForm(inputShape, scale);
  }

  String id() {
    return idOf(tree());
  }

  /** The text of {@code bundle.json}. */
  String toJson() {
    ObjectNode tree = tree();
    tree.put(ID, idOf(tree));
    return Json.pretty(tree);
  }

  private ObjectNode tree() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("format", FORMAT);
    fields.put("version", VERSION);
    fields.put(ID, "");
    fields.put("architecture", architecture);
    fields.put("class_names", classNames);
    fields.put("input_shape", inputShape);
    fields.put("domain", List.of(domain.low(), domain.high()));
    if (scale != null) {
      fields.put(SCALE, scale.name().toLowerCase(Locale.ROOT));
    }
    fields.put("provenance", provenanceFields());
    fields.put(SHA256, sha256);
    return (ObjectNode) Json.tree(fields);
  }

  private Map<String, Object> provenanceFields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("code_version", provenance.codeVersion());
    fields.put("engine_version", provenance.engineVersion());
    fields.put("platform", provenance.platform());
    fields.put("seed", provenance.seed());
    fields.put("data_hashes", provenance.dataHashes());
    // sorted, since equal configurations may come in different orders
    fields.put("configuration", Json.parse(Json.canonical(provenance.configuration()), ""));
    return fields;
  }

  private static String idOf(ObjectNode tree) {
    ObjectNode covered = tree.deepCopy();
    covered.remove(ID);
    if (covered.get(SHA256) instanceof ObjectNode hashes) {
      hashes.remove(BundleFiles.SCORECARD);
    }
    return Hashes.sha256Hex(Json.canonical(covered));
  }

  // ---- reading

  /**
   * Reads {@code bundle.json}.
   *
   * @param source its name in messages
   * @throws InvalidInputException with everything that is wrong
   */
  static Manifest read(String json, String source) {
    JsonNode tree = Json.parse(json, source);
    checkFormat(tree, source);
    Problems problems = new Problems(source);
    SettingsReader reader = Settings.yaml(json, source).reader(problems);
    reader.allow("format", "version");
    String id = reader.text(ID);
    String actual = idOf((ObjectNode) tree);
    if (!id.equals(actual)) {
      reader.reject(ID, "SHA-256 " + actual, id, "the file was changed after it was written");
    }
    Manifest manifest = read(reader);
    reader.finish();
    problems.throwIfAny();
    return manifest;
  }

  private static void checkFormat(JsonNode tree, String source) {
    if (!FORMAT.equals(tree.path("format").asText()) || !tree.isObject()) {
      throw new InvalidInputException(
          source, "format", '"' + FORMAT + '"', tree.path("format").toString());
    }
    JsonNode version = tree.path("version");
    if (!version.isInt() || version.intValue() != VERSION) {
      throw new InvalidInputException(
          source,
          "version",
          "format version " + VERSION,
          version.isMissingNode() ? "nothing" : version.toString(),
          version.intValue() > VERSION ? "a later Holdfast wrote it" : null);
    }
  }

  private static Manifest read(SettingsReader reader) {
    return new Manifest(
        reader.text("architecture", ""),
        reader.texts("class_names", List.of()),
        reader.integers("input_shape", List.of(), 1, Integer.MAX_VALUE),
        domain(reader),
        reader.has(SCALE) ? reader.choice(SCALE, Scale.BYTE) : null,
        provenance(reader.requiredSection("provenance")),
        texts(reader.requiredSection(SHA256)));
  }

  private static Domain domain(SettingsReader reader) {
    List<Double> limits = reader.numbers("domain", List.of(), -Double.MAX_VALUE, Double.MAX_VALUE);
    if (limits.size() == 2 && limits.get(0) < limits.get(1)) {
      return new Domain(limits.get(0), limits.get(1));
    }
    reader.reject("domain", "two numbers, the lower first", limits.toString(), null);
    return Domain.UNIT;
  }

  private static Provenance provenance(SettingsReader reader) {
    return new Provenance(
        reader.text("code_version"),
        reader.text("engine_version"),
        reader.text("platform"),
        reader.longInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        texts(reader.section("data_hashes")),
        reader.section("configuration").settings().toMap());
  }

  private static Map<String, String> texts(SettingsReader reader) {
    Map<String, String> texts = new LinkedHashMap<>();
    reader.keys().forEach(key -> texts.put(key, reader.text(key)));
    return texts;
  }
}
