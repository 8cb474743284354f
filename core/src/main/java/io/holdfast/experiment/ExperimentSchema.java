package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON Schema of the experiment file, for editors. */
public final class ExperimentSchema {
  private static final String RESOURCE = "experiment.schema.json";

  /** Where the registry's attacks belong, one choice each. */
  private static final String ATTACKS = "x-attacks";

  private ExperimentSchema() {}

  /** The schema as JSON (draft 2020-12), ending in a newline. */
  public static String json() {
    try (InputStream in = ExperimentSchema.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + RESOURCE);
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      JsonNode schema = Json.parse(text, RESOURCE);
      fill(schema);
      return Json.pretty(schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void fill(JsonNode node) {
    if (node instanceof ArrayNode choices) {
      for (int i = choices.size() - 1; i >= 0; i--) {
        if (choices.get(i).has(ATTACKS)) {
          choices.remove(i);
          Attacks.describe().forEach(spec -> describe(spec, choices.addObject()));
        }
      }
    }
    node.forEach(ExperimentSchema::fill);
  }

  private static void describe(AttackSpec<?> spec, ObjectNode attack) {
    attack.put("type", "object");
    attack.put("description", spec.summary());
    attack.put("additionalProperties", false);
    ObjectNode properties = attack.putObject("properties");
    ObjectNode name = properties.putObject("name");
    name.put("type", "string");
    name.put("description", "which attack");
    name.putArray("enum").add(spec.name());
    for (AttackSpec.Parameter parameter : spec.parameters()) {
      ObjectNode property = properties.putObject(parameter.name());
      property.putArray("type").add("string").add("number").add("boolean");
      property.put("description", parameter.meaning());
      property.put("x-default", parameter.standard());
    }
    attack.putArray("required").add("name");
  }
}
