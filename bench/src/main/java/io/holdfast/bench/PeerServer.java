package io.holdfast.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Our side of {@code bench/peers}: one JSON command per line on standard input, one JSON answer per
 * line on standard output; the protocol is in {@code bench/peers/README.md}.
 */
public final class PeerServer implements AutoCloseable {
  private final Map<String, PeerModel> models = new HashMap<>();

  private PeerServer() {}

  /** Serves until {@code quit} or the end of standard input. */
  public static void main(String[] args) throws IOException {
    serve(System.in, System.out);
  }

  static void serve(InputStream in, PrintStream out) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    try (PeerServer server = new PeerServer()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Object answer = server.answer(line);
        if (answer == null) {
          return;
        }
        out.println(Json.compact(answer));
        out.flush();
      }
    }
  }

  /** The answer to one command; null to {@code quit}. Every failure is an answer. */
  private @Nullable Object answer(String line) {
    try {
      JsonNode command = Json.parse(line, "command");
      return switch (command.path("cmd").asText()) {
        case "quit" -> null;
        case "load" -> load(command);
        case "pgd" -> model(command).pgd(command);
        case "attack" -> model(command).attack(command);
        case "values" -> model(command).values(command);
        case "trades_step" -> model(command).tradesStep(command);
        default -> throw new IllegalArgumentException("unknown command in " + line);
      };
    } catch (RuntimeException e) {
      return Map.of("error", String.valueOf(e.getMessage()).lines().findFirst().orElse("failed"));
    }
  }

  private Map<String, Object> load(JsonNode command) {
    String name = text(command, "name");
    PeerModel before = models.remove(name);
    if (before != null) {
      before.close();
    }
    PeerModel model =
        PeerModel.open(
            text(command, "architecture"),
            Path.of(text(command, "weights")),
            Path.of(text(command, "data")),
            command.path("threads").asInt(2));
    models.put(name, model);
    return model.describe();
  }

  private PeerModel model(JsonNode command) {
    String name = text(command, "name");
    PeerModel model = models.get(name);
    if (model == null) {
      throw new IllegalArgumentException("not loaded: " + name);
    }
    return model;
  }

  static String text(JsonNode command, String field) {
    JsonNode value = command.get(field);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException("the field " + field + " is missing");
    }
    return value.asText();
  }

  static double number(JsonNode command, String field) {
    JsonNode value = command.get(field);
    if (value == null || !value.isNumber()) {
      throw new IllegalArgumentException("the field " + field + " is missing or no number");
    }
    return value.asDouble();
  }

  @Override
  public void close() {
    models.values().forEach(PeerModel::close);
  }
}
