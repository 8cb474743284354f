package io.holdfast.bundle;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Problems;
import io.holdfast.common.Settings;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.Graph;
import io.holdfast.model.graph.GraphJson;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Scope;
import io.holdfast.threat.ThreatModel;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads one bundle in three rounds, each of which reports all it finds: the entries and their
 * hashes, their contents, and whether these fit together.
 */
final class BundleReader {
  private final Path path;
  private final Problems problems;
  private final Map<String, byte[]> entries;

  BundleReader(Path path) {
    this.path = path;
    this.problems = new Problems(path.toString());
    this.entries = BundleFiles.read(path);
  }

  /**
   * What a bundle says of itself; its other entries are not looked at.
   *
   * @throws InvalidInputException if there is none, or it is damaged
   */
  static Manifest manifest(Path path) {
    return new BundleReader(path).manifest();
  }

  private Manifest manifest() {
    Manifest manifest = need(BundleFiles.MANIFEST, (json, source) -> Manifest.read(json, source));
    if (manifest == null) {
      problems.throwIfAny();
      throw new AssertionError("unreachable: a missing manifest is a problem");
    }
    return manifest;
  }

  Bundle read() {
    Manifest manifest = manifest();
    checkHashes(manifest);
    problems.throwIfAny();
    Graph graph = need(BundleFiles.GRAPH, GraphJson::read);
    ThreatModel threat = parse(BundleFiles.THREAT, BundleReader::threat);
    Scorecard card = parse(BundleFiles.SCORECARD, Scorecard::fromJson);
    Network network = graph == null ? null : network(graph);
    if (network == null || !problems.isEmpty()) {
      return failed(network);
    }
    problems.collect(() -> checkFit(manifest, network.classifier(), threat));
    return problems.isEmpty()
        ? new Bundle(new SharedNetwork(network), manifest, texts(), threat, card)
        : failed(network);
  }

  private Map<String, byte[]> texts() {
    Map<String, byte[]> texts = new LinkedHashMap<>(entries);
    texts.keySet().removeAll(List.of(BundleFiles.MANIFEST, BundleFiles.WEIGHTS));
    return texts;
  }

  private Bundle failed(@Nullable Network network) {
    if (network != null) {
      network.close();
    }
    problems.throwIfAny();
    throw new AssertionError("unreachable: what is missing was reported");
  }

  /** Every entry has the hash that the manifest gives, and there is none besides. */
  private void checkHashes(Manifest manifest) {
    TreeSet<String> names = new TreeSet<>(manifest.sha256().keySet());
    names.addAll(List.of(BundleFiles.GRAPH, BundleFiles.WEIGHTS));
    names.addAll(entries.keySet());
    names.remove(BundleFiles.MANIFEST);
    for (String name : names) {
      String wanted = manifest.sha256().get(name);
      byte[] content = entries.get(name);
      if (content == null) {
        problems.add(name, "an entry that bundle.json lists", "nothing");
      } else if (wanted == null) {
        problems.add(name, "its SHA-256 in bundle.json", "nothing");
      } else if (!wanted.equals(Hashes.sha256Hex(content))) {
        problems.add(
            name,
            "SHA-256 " + wanted,
            Hashes.sha256Hex(content),
            "the entry is damaged or was changed");
      }
    }
  }

  private <T> @Nullable T need(String name, BiFunction<String, String, T> parser) {
    if (!entries.containsKey(name)) {
      problems.add(name, "an entry of this name", "nothing", "is this a bundle?");
    }
    return parse(name, parser);
  }

  /** What an entry holds; null where there is none or it was reported. */
  private <T> @Nullable T parse(String name, BiFunction<String, String, T> parser) {
    byte[] content = entries.get(name);
    if (content == null) {
      return null;
    }
    try {
      return parser.apply(text(name, content), source(name));
    } catch (InvalidInputException e) {
      problems.addAll(e);
      return null;
    }
  }

  private String text(String name, byte[] content) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInputException(source(name), "", "text in UTF-8", "other bytes");
    }
  }

  private String source(String name) {
    return path.resolve(name).toString();
  }

  private static ThreatModel threat(String json, String source) {
    Json.parse(json, source); // strict JSON, where the reader of settings would also take YAML
    Problems problems = new Problems(source);
    SettingsReader reader = Settings.yaml(json, source).reader(problems);
    ThreatModel threat = ThreatModel.read(reader);
    reader.finish();
    problems.throwIfAny();
    return threat;
  }

  private @Nullable Network network(Graph graph) {
    String source = source(BundleFiles.WEIGHTS);
    byte[] content = entries.get(BundleFiles.WEIGHTS);
    if (content == null) {
      return null; // reported with the hashes
    }
    try (Scope scope = Scope.open()) {
      return Network.of(graph, Safetensors.parse(content, source).tensors(), source);
    } catch (InvalidInputException e) {
      problems.addAll(e);
      return null;
    }
  }

  private void checkFit(
      Manifest manifest, NetworkClassifier classifier, @Nullable ThreatModel threat) {
    Problems found = problems.in(source(BundleFiles.MANIFEST));
    BundleBuilder.checkNames(manifest.classNames(), classifier.classes(), found);
    String shape = Arrays.toString(classifier.inputShape());
    if (!manifest.inputShape().toString().equals(shape)) {
      found.add("input_shape", shape + " as in graph.json", manifest.inputShape().toString());
    }
    if (threat != null && !threat.domain().equals(manifest.domain())) {
      found.add("domain", threat.domain() + " as in threat.json", manifest.domain().toString());
    }
  }
}
