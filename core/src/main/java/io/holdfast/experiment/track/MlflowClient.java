package io.holdfast.experiment.track;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of MLflow's REST API 2.0 that tracking needs (mlflow.org/docs/latest/rest-api.html).
 * Each call waits at most so long and throws {@link UnreachableException} where the server does not
 * answer as it should.
 */
final class MlflowClient {
  /** The most metrics in one {@code runs/log-batch}. */
  static final int MOST_METRICS = 1000;

  /** The most params, and the most tags, in one {@code runs/log-batch}. */
  static final int MOST_PARAMS = 100;

  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTEFACTS = "/api/2.0/mlflow-artifacts/artifacts/";
  private static final String PROXIED = "mlflow-artifacts:";
  private static final int OK = 200;
  private static final int NO_CONTENT = 204;
  private static final int NOT_FOUND = 404;
  private static final int SHOWN = 200;
  private static final int SLOWEST = 100_000; // bytes of a file in a second

  private final String server;
  private final Duration patience;
  private final HttpClient http;

  /**
   * A metric, param or tag of {@code runs/log-batch}.
   *
   * @param timestamp milliseconds since 1970
   */
  record Metric(String key, double value, long timestamp, long step) {}

  /** A param or a tag. */
  record Pair(String key, String value) {}

  /** A run as the server has it. */
  record Run(String id, String artefacts) {}

  /** The server did not answer, or not as it should. */
  static final class UnreachableException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean answered;

    UnreachableException(String message) {
      this(message, false);
    }

    /**
     * @param answered whether it did answer, with a refusal: it may take other calls
     */
    UnreachableException(String message, boolean answered) {
      super(message);
      this.answered = answered;
    }

    boolean answered() {
      return answered;
    }
  }

  /**
   * @param server such as {@code http://localhost:5000}
   * @param patience with each call
   */
  MlflowClient(URI server, Duration patience) {
    this.server = server.toString().replaceAll("/+$", "");
    this.patience = patience;
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(patience)
            .build();
  }

  /** The id of an experiment, which is made where it is missing. */
  String experiment(String name) throws UnreachableException {
    String query = "experiments/get-by-name?experiment_name=" + encoded(name);
    JsonNode known = send(request(API + query).GET(), true);
    if (known != null) {
      return text(known, "/experiment/experiment_id");
    }
    return text(post("experiments/create", Map.of("name", name)), "/experiment_id");
  }

  /** A run with a tag of this value, if there is one. */
  @Nullable Run find(String experiment, String tag, String value) throws UnreachableException {
    JsonNode found =
        post(
            "runs/search",
            Map.of(
                "experiment_ids",
                List.of(experiment),
                "filter",
                "tags." + tag + " = '" + value + "'",
                "max_results",
                1));
    JsonNode first = found.at("/runs/0");
    return first.isMissingNode() ? null : run(first);
  }

  /** Makes a run. */
  Run create(String experiment, String name, long start, List<Pair> tags)
      throws UnreachableException {
    return run(
        post(
                "runs/create",
                Map.of(
                    "experiment_id",
                    experiment,
                    "run_name",
                    name,
                    "start_time",
                    start,
                    "tags",
                    tags))
            .path("run"));
  }

  private static Run run(JsonNode run) throws UnreachableException {
    return new Run(text(run, "/info/run_id"), text(run, "/info/artifact_uri"));
  }

  /** Adds to a run; at most as many as fit into a call. */
  void log(String run, List<Metric> metrics, List<Pair> params, List<Pair> tags)
      throws UnreachableException {
    post(
        "runs/log-batch",
        Map.of("run_id", run, "metrics", metrics, "params", params, "tags", tags));
  }

  /**
   * Says where a run stands.
   *
   * @param status {@code RUNNING}, {@code FINISHED}, {@code FAILED} or {@code KILLED}
   * @param end of one that is not running; milliseconds since 1970
   */
  void update(String run, String status, long end) throws UnreachableException {
    boolean running = status.equals("RUNNING");
    post(
        "runs/update",
        running
            ? Map.of("run_id", run, "status", status)
            : Map.of("run_id", run, "status", status, "end_time", end));
  }

  /** Whether files of a run go through the server. */
  static boolean takesFiles(Run run) {
    return run.artefacts().startsWith(PROXIED);
  }

  /** Sends a file of a run that {@linkplain #takesFiles takes} some. */
  void upload(Run run, Path file) throws UnreachableException {
    String path = URI.create(run.artefacts()).getRawPath().replaceFirst("^/+", "");
    BodyPublisher content;
    Duration time;
    try {
      content = BodyPublishers.ofFile(file);
      time = patience.plusSeconds(Files.size(file) / SLOWEST);
    } catch (IOException e) {
      throw new UnreachableException(file + " cannot be read");
    }
    String name = ARTEFACTS + path + "/" + encoded(String.valueOf(file.getFileName()));
    send(
        request(name).timeout(time).header("Content-Type", "application/octet-stream").PUT(content),
        false);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server + path)).timeout(patience);
  }

  private JsonNode post(String path, Map<String, ?> body) throws UnreachableException {
    HttpRequest.Builder request =
        request(API + path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(Json.compact(body)));
    JsonNode answer = send(request, false);
    return answer == null ? Json.object() : answer;
  }

  /**
   * @param mayLack whether what is asked for may be missing
   * @return null where it is
   */
  private @Nullable JsonNode send(HttpRequest.Builder builder, boolean mayLack)
      throws UnreachableException {
    HttpRequest request = builder.build();
    HttpResponse<String> answer;
    try {
      answer = http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new UnreachableException(server + " does not answer: " + why);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException("interrupted");
    }
    if (mayLack && answer.statusCode() == NOT_FOUND) {
      return null;
    }
    if (answer.statusCode() != OK && answer.statusCode() != NO_CONTENT) {
      String body = answer.body().strip();
      throw new UnreachableException(
          "%s answers %d to %s: %s"
              .formatted(
                  server,
                  answer.statusCode(),
                  request.uri().getPath(),
                  body.substring(0, Math.min(SHOWN, body.length()))),
          true);
    }
    return parsed(answer.body());
  }

  private JsonNode parsed(String body) throws UnreachableException {
    try {
      return body.isBlank() ? Json.object() : Json.parse(body, server);
    } catch (InvalidInputException e) {
      throw new UnreachableException(server + " answers with something else than JSON");
    }
  }

  private static String text(JsonNode answer, String pointer) throws UnreachableException {
    String text = answer.at(pointer).asText();
    if (text.isEmpty()) {
      throw new UnreachableException("the server's answer lacks " + pointer);
    }
    return text;
  }
}
