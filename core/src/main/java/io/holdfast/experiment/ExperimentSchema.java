package io.holdfast.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.attack.AttackSpec;
import io.holdfast.attack.Attacks;
import io.holdfast.common.Json;
import io.holdfast.train.objective.Objectives;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The JSON Schema of the experiment file, for editors. */
public final class ExperimentSchema {
  private static final String RESOURCE = "experiment.schema.json";

  /** Where the registry's attacks belong, one choice each. */
  private static final String ATTACKS = "x-attacks";

  /** Where the registry's objectives belong, one choice each. */
  private static final String OBJECTIVES = "x-objectives";

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
      shareWithStages(schema);
      return Json.pretty(schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A stage takes what {@code train} takes. */
  private static void shareWithStages(JsonNode schema) {
    ObjectNode stage = (ObjectNode) schema.at("/properties/stages/items/properties");
    schema
        .at("/properties/train/properties")
        .properties()
        .forEach(e -> stage.set(e.getKey(), e.getValue()));
  }

  private static void fill(JsonNode node) {
    if (node instanceof ArrayNode choices) {
      for (int i = choices.size() - 1; i >= 0; i--) {
        if (choices.get(i).has(ATTACKS)) {
          choices.remove(i);
          Attacks.describe()
              .forEach(s -> describe(s.name(), s.summary(), s.parameters(), choices.addObject()));
        } else if (choices.get(i).has(OBJECTIVES)) {
          choices.remove(i);
          Objectives.describe()
              .forEach(s -> describe(s.name(), s.terms(), s.parameters(), choices.addObject()));
        }
      }
    }
    node.forEach(ExperimentSchema::fill);
  }

  private static void describe(
      String called, String what, List<AttackSpec.Parameter> parameters, ObjectNode choice) {
    choice.put("type", "object");
    choice.put("description", what);
    choice.put("additionalProperties", false);
    ObjectNode properties = choice.putObject("properties");
    ObjectNode name = properties.putObject("name");
    name.put("type", "string");
    name.put("description", "which one");
    name.putArray("enum").add(called);
    for (AttackSpec.Parameter parameter : parameters) {
      ObjectNode property = properties.putObject(parameter.name());
      ArrayNode types = property.putArray("type").add("string").add("number").add("boolean");
      if (parameter.meaning().contains("list")) { // as its meaning has it
        types.add("array");
      }
      property.put("description", parameter.meaning());
      property.put("x-default", parameter.standard());
    }
    choice.putArray("required").add("name");
  }
}
