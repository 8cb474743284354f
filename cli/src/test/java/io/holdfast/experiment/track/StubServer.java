package io.holdfast.experiment.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.common.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/**
 * As much of MLflow's REST API as tracking uses, with the answers that its documentation gives.
 * What a call must have and lacks is answered with 400, as the real one does.
 */
public final class StubServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** All calls, as {@code METHOD path}. */
  public final List<String> calls = new CopyOnWriteArrayList<>();

  /** Bodies of {@code runs/log-batch}. */
  final List<JsonNode> batches = new CopyOnWriteArrayList<>();

  /** Bodies of {@code runs/update}. */
  public final List<JsonNode> updates = new CopyOnWriteArrayList<>();

  final Map<String, Integer> files = new TreeMap<>();
  private final Map<String, JsonNode> runs = new TreeMap<>(); // by mark
  private volatile boolean experiment;

  /** What goes wrong: a status by call, or 0. */
  volatile Function<String, Integer> failure = call -> 0;

  /** How long an answer takes. */
  volatile long delay;

  public StubServer(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  public String address() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String call = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    byte[] body = exchange.getRequestBody().readAllBytes();
    calls.add(call);
    try {
      Thread.sleep(delay);
    } catch (InterruptedException e) {
      return;
    }
    int broken = failure.apply(call);
    String answer = broken == 0 || call.contains("runs/create") ? answer(call, body) : "";
    int status = broken != 0 ? broken : answer.isEmpty() ? 400 : answer.equals("404") ? 404 : 200;
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /** The answer; empty for a bad request. */
  private String answer(String call, byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    if (call.startsWith("PUT /api/2.0/mlflow-artifacts/artifacts/1/run-")) {
      files.put(call.substring(call.lastIndexOf('/') + 1), body.length);
      return "{}";
    }
    String path = call.replaceFirst("[A-Z]+ /api/2.0/mlflow/", "");
    if (call.startsWith("GET")
        && path.equals("experiments/get-by-name?experiment_name=our%20runs")) {
      return experiment ? "{\"experiment\": {\"experiment_id\": \"1\"}}" : "404";
    }
    if (!call.startsWith("POST")) {
      return "";
    }
    JsonNode request = Json.parse(text, "request");
    return switch (path) {
      case "experiments/create" -> {
        experiment = request.path("name").asText().equals("our runs");
        yield experiment ? "{\"experiment_id\": \"1\"}" : "";
      }
      case "runs/search" -> search(request);
      case "runs/create" -> create(request);
      case "runs/log-batch" -> log(request);
      case "runs/update" -> {
        updates.add(request);
        yield request.has("status") ? "{\"run_info\": {}}" : "";
      }
      default -> "";
    };
  }

  private String search(JsonNode request) {
    String filter = request.path("filter").asText();
    String mark = filter.replaceFirst("tags\\.holdfast_run = '([0-9a-f]{32})'", "$1");
    if (mark.length() != 32 || !request.at("/experiment_ids/0").asText().equals("1")) {
      return "";
    }
    JsonNode run = runs.get(mark);
    return run == null ? "{}" : "{\"runs\": [" + run + "]}";
  }

  private String create(JsonNode request) {
    boolean whole =
        request.path("experiment_id").asText().equals("1")
            && request.path("start_time").isIntegralNumber()
            && request.path("run_name").isTextual()
            && request.at("/tags/0/key").asText().equals("holdfast_run");
    if (!whole) {
      return "";
    }
    String id = "run-" + (runs.size() + 1);
    ObjectNode run = Json.object();
    run.putObject("info")
        .put("run_id", id)
        .put("run_name", request.path("run_name").asText())
        .put("artifact_uri", "mlflow-artifacts:/1/" + id + "/artifacts");
    runs.put(request.at("/tags/0/value").asText(), run);
    return "{\"run\": " + run + "}";
  }

  private String log(JsonNode request) {
    for (JsonNode m : request.path("metrics")) {
      boolean whole =
          m.path("key").isTextual()
              && m.path("value").isNumber()
              && m.path("timestamp").isIntegralNumber()
              && m.path("step").isIntegralNumber();
      if (!whole) {
        return "";
      }
    }
    for (String pairs : List.of("params", "tags")) {
      for (JsonNode p : request.path(pairs)) {
        if (!p.path("value").isTextual()
            || p.path("value").asText().length() > 500
            || !p.path("key").asText().matches("[A-Za-z0-9_\\-. :/]{1,250}")) {
          return "";
        }
      }
    }
    if (request.path("params").size() > 100
        || !request.path("run_id").asText().startsWith("run-")) {
      return "";
    }
    batches.add(request);
    return "{}";
  }

  /** How many runs were made. */
  public int runs() {
    return runs.size();
  }

  /** Values by metric and step, in the order of their arrival. */
  List<String> metrics() {
    return batches.stream()
        .flatMap(b -> StreamSupport.stream(b.path("metrics").spliterator(), false))
        .map(m -> m.path("key").asText() + "@" + m.path("step").asLong())
        .toList();
  }

  /** What a metric was told to be at a step; the last time that it was. */
  double value(String key, long step) {
    return batches.stream()
        .flatMap(b -> StreamSupport.stream(b.path("metrics").spliterator(), false))
        .filter(m -> m.path("key").asText().equals(key) && m.path("step").asLong() == step)
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .path("value")
        .asDouble();
  }

  String param(String key) {
    for (JsonNode batch : batches) {
      for (JsonNode p : batch.path("params")) {
        if (p.path("key").asText().equals(key)) {
          return p.path("value").asText();
        }
      }
    }
    return "";
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
