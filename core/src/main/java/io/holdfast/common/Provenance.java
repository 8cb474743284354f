package io.holdfast.common;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where a result comes from. Holds no time and no machine name, so that equal runs give equal
 * provenance. In JSON its keys are snake_case; those of the first builds, which were not, are read
 * as well.
 *
 * @param codeVersion Holdfast's version, with the commit where the build knew it: {@code 0.1.0
 *     (1a2b3c4)}
 * @param engineVersion the tensor engine's version
 * @param platform operating system, processor and Java, such as {@code Linux amd64, Java 17.0.15}
 * @param seed the seed of the run
 * @param dataHashes SHA-256 by name of data set, and of the weights that training started from as
 *     {@code start}, in the order of names
 * @param configuration the settings of the run as {@link Settings#toMap} gives them
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Provenance(
    @JsonAlias("codeVersion") String codeVersion,
    @JsonAlias("engineVersion") String engineVersion,
    String platform,
    long seed,
    @JsonAlias("dataHashes") Map<String, String> dataHashes,
    Map<String, Object> configuration) {
  /** What the part of an evaluation is called, among data hashes and in the configuration. */
  public static final String EVALUATION = "evaluation";

  private static final String CHECKPOINT = "train.checkpoint";
  private static final String SEED = "seed";
  private static final String MISSING = "nothing";

  /** The settings that decide which data is read, by name of data set. */
  private static final Map<String, List<String>> DECIDED_BY =
      Map.of(
          "train",
          List.of(SEED, "data"),
          "validation",
          List.of(SEED, "data"),
          "start",
          List.of("model.start"),
          "library",
          List.of("train.library"),
          "samples",
          List.of("train.samples"),
          EVALUATION,
          List.of("evaluation.data", "evaluation.samples"));

  public Provenance {
    dataHashes = Collections.unmodifiableMap(new TreeMap<>(dataHashes));
    configuration = Collections.unmodifiableMap(new LinkedHashMap<>(configuration));
  }

  /** The provenance of a result of this code on this machine. */
  public static Provenance of(
      String engineVersion, Seed seed, Map<String, String> dataHashes, Settings configuration) {
    return new Provenance(
        currentCode(),
        engineVersion,
        currentPlatform(),
        seed.value(),
        dataHashes,
        configuration.toMap());
  }

  /**
   * Refuses to go on with what an earlier run has left, unless that differs in its platform alone.
   * Each changed setting is named once, the seed first; hashes of data that follow from a changed
   * setting are not.
   *
   * @param source of the earlier run, for messages
   * @param hint what to do about a difference
   * @throws InvalidInputException with every setting that differs
   */
  public void requireSame(Provenance earlier, String source, String hint) {
    Changes changes = new Changes();
    changes.compare("code version", codeVersion, earlier.codeVersion);
    changes.compare("engine version", engineVersion, earlier.engineVersion);
    changes.compare(SEED, Long.toString(seed), Long.toString(earlier.seed));
    compare("", Json.tree(configuration), Json.tree(earlier.configuration), changes);
    changes.names().forEach(name -> compareSeed(name, changes));
    Set<String> data = new TreeSet<>(dataHashes.keySet());
    data.addAll(earlier.dataHashes.keySet());
    for (String name : data) {
      String content = "content of " + name;
      changes.compare(
          content,
          dataHashes.getOrDefault(name, MISSING),
          earlier.dataHashes.getOrDefault(name, MISSING));
      changes.follows(content, DECIDED_BY.getOrDefault(name, List.of()));
    }
    Problems problems = new Problems(source);
    changes.report(problems, "", hint);
    problems.throwIfAny();
  }

  /** The configuration repeats the run's seed, at its top or in a section. */
  private static void compareSeed(String name, Changes changes) {
    if (name.endsWith("." + SEED)) {
      changes.repeats(name, SEED);
    }
  }

  /**
   * Key by key, as deep as both have sections; when checkpoints are written makes no other run.
   *
   * @param name of the two in the configuration, empty for all of it
   */
  private static void compare(String name, JsonNode now, JsonNode earlier, Changes changes) {
    if (name.equals(CHECKPOINT)) {
      return;
    }
    if (!isSection(now, earlier)) {
      String shown = name.equals(SEED) ? "configuration." + SEED : name; // beside the run's own
      changes.compare(shown, text(now), text(earlier));
      return;
    }
    Set<String> keys = new TreeSet<>();
    now.fieldNames().forEachRemaining(keys::add);
    earlier.fieldNames().forEachRemaining(keys::add);
    for (String key : keys) {
      String below = name.isEmpty() ? key : name + "." + key;
      compare(below, now.path(key), earlier.path(key), changes);
    }
  }

  private static boolean isSection(JsonNode now, JsonNode earlier) {
    return now.isObject()
        ? earlier.isObject() || earlier.isMissingNode()
        : now.isMissingNode() && earlier.isObject();
  }

  private static String text(JsonNode node) {
    return node.isMissingNode() ? MISSING : Json.canonical(node);
  }

  /** The version of the code that is running, with its commit where the build knew it. */
  public static String currentCode() {
    return Build.VERSION;
  }

  /** The operating system, processor and Java that are running. */
  public static String currentPlatform() {
    return "%s %s, Java %s"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            System.getProperty("java.version"));
  }

  /** Read once, from what Maven wrote into the jar. */
  private static final class Build {
    private static final String RESOURCE = "/holdfast-build.properties";
    static final String VERSION = read();

    private static String read() {
      Properties properties = new Properties();
      try (InputStream in = Provenance.class.getResourceAsStream(RESOURCE)) {
        if (in == null) {
          throw new IllegalStateException("the jar lacks " + RESOURCE);
        }
        properties.load(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      String version = properties.getProperty("version", "unknown");
      String commit = properties.getProperty("commit", "").strip();
      return commit.isEmpty() ? version : version + " (" + commit + ")";
    }
  }
}
