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
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.SortedSet;
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
  private static final String CHECKPOINT = "configuration.train.checkpoint";
  private static final String MISSING = "nothing";

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
   *
   * @param source of the earlier run, for messages
   * @param hint what to do about a difference
   * @throws InvalidInputException with every key that differs
   */
  public void requireSame(Provenance earlier, String source, String hint) {
    Problems problems = new Problems(source);
    compare("code version", codeVersion, earlier.codeVersion, hint, problems);
    compare("engine version", engineVersion, earlier.engineVersion, hint, problems);
    compare("seed", seed, earlier.seed, hint, problems);
    compareAll("data", dataHashes, earlier.dataHashes, hint, problems);
    compareAll("configuration", configuration, earlier.configuration, hint, problems);
    problems.throwIfAny();
  }

  /** Key by key; when checkpoints are written makes no other run. */
  private static void compareAll(
      String field, Map<String, ?> now, Map<String, ?> earlier, String hint, Problems problems) {
    SortedMap<String, String> here = leaves(field, now);
    SortedMap<String, String> there = leaves(field, earlier);
    SortedSet<String> names = new TreeSet<>(here.keySet());
    names.addAll(there.keySet());
    for (String name : names) {
      String expected = here.getOrDefault(name, MISSING);
      String found = there.getOrDefault(name, MISSING);
      boolean counts = !name.equals(CHECKPOINT) && !name.startsWith(CHECKPOINT + ".");
      if (counts && !expected.equals(found)) {
        problems.add(name, expected, found, hint);
      }
    }
  }

  private static SortedMap<String, String> leaves(String name, Map<String, ?> values) {
    SortedMap<String, String> leaves = new TreeMap<>();
    addLeaves(name, Json.tree(values), leaves);
    return leaves;
  }

  private static void addLeaves(String name, JsonNode node, SortedMap<String, String> into) {
    if (node.isObject()) {
      node.properties().forEach(e -> addLeaves(name + "." + e.getKey(), e.getValue(), into));
    } else {
      into.put(name, Json.canonical(node));
    }
  }

  private static void compare(
      String field, Object now, Object earlier, String hint, Problems problems) {
    String expected = Json.canonical(now);
    String found = Json.canonical(earlier);
    if (!expected.equals(found)) {
      problems.add(field, expected, found, hint);
    }
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
