package io.holdfast.bundle;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.Provenance;
import io.holdfast.data.SampleForm;
import io.holdfast.model.graph.GraphJson;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.record.Scorecard;
import io.holdfast.tensor.Processor;
import io.holdfast.tensor.Safetensors;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model with its provenance: what is released, served and compared. On disk it is a folder or one
 * {@code .holdfast} file; {@code docs/bundle-format.md} says what is in it. Equal bundles have
 * equal bytes.
 *
 * <pre>{@code
 * try (Bundle bundle = Bundle.read(Path.of("model.holdfast"));
 *     Predictor predictor = bundle.predictor()) {
 *   int label = predictor.predict(pixels);
 * }
 * }</pre>
 *
 * <p>A bundle owns its network, whose weights no one may change from then on. Safe to use from many
 * threads.
 */
public final class Bundle implements AutoCloseable {
  private final SharedNetwork shared;
  private final Manifest manifest;
  private final Map<String, byte[]> texts;
  private final @Nullable ThreatModel threat;
  private final @Nullable Scorecard scorecard;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param texts graph, threat model and scorecard as they are written: those of an older file keep
   *     their bytes and with them their hashes
   */
  Bundle(
      SharedNetwork shared,
      Manifest manifest,
      Map<String, byte[]> texts,
      @Nullable ThreatModel threat,
      @Nullable Scorecard scorecard) {
    this.shared = shared;
    this.manifest = manifest;
    this.texts = texts;
    this.threat = threat;
    this.scorecard = scorecard;
  }

  /** Starts a bundle of this network, which it will own. */
  public static BundleBuilder of(Network network) {
    return new BundleBuilder(network);
  }

  /**
   * Reads a folder or a {@code .holdfast} file.
   *
   * @throws InvalidInputException if it is damaged: which entry, and which check failed
   */
  public static Bundle read(Path path) {
    return new BundleReader(path).read();
  }

  /**
   * Writes a {@code .holdfast} file where the name ends so, else a folder; whole or not at all.
   *
   * @throws InvalidInputException if it cannot be written there, or a folder there holds anything
   *     but an earlier bundle
   */
  public void write(Path path) {
    byte[] weights = weights(network());
    if (!Hashes.sha256Hex(weights).equals(manifest.sha256().get(BundleFiles.WEIGHTS))) {
      throw new IllegalStateException("the weights were changed after the bundle was made");
    }
    Map<String, byte[]> entries = new LinkedHashMap<>(texts);
    entries.put(BundleFiles.MANIFEST, utf8(manifest.toJson()));
    entries.put(BundleFiles.WEIGHTS, weights);
    BundleFiles.write(path, entries);
  }

  /** The content of {@code weights.safetensors}. */
  static byte[] weights(Network network) {
    return Safetensors.toBytes(network.weights(), Map.of());
  }

  /** The entries other than weights and {@code bundle.json}. */
  static Map<String, byte[]> texts(
      Network network, @Nullable ThreatModel threat, @Nullable Scorecard scorecard) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put(BundleFiles.GRAPH, utf8(GraphJson.write(network.graph())));
    if (threat != null) {
      entries.put(BundleFiles.THREAT, utf8(Json.pretty(threat.toSettings().toMap())));
    }
    if (scorecard != null) {
      entries.put(BundleFiles.SCORECARD, utf8(scorecard.toJson()));
    }
    return entries;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The same model with this scorecard, without its times, under the same {@link #id}. Each of the
   * two bundles is closed on its own; they share the weights.
   */
  public Bundle withScorecard(Scorecard card) {
    Scorecard timeless = card.withoutTiming();
    byte[] json = utf8(timeless.toJson());
    Map<String, byte[]> changed = new LinkedHashMap<>(texts);
    changed.put(BundleFiles.SCORECARD, json);
    Manifest scored = manifest.with(BundleFiles.SCORECARD, Hashes.sha256Hex(json));
    return new Bundle(open().share(), scored, changed, threat, timeless);
  }

  /** This bundle after a step, which may fail: then it is closed. */
  public Bundle after(Consumer<Bundle> step) {
    try {
      step.accept(this);
      return this;
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * SHA-256 over graph, weights, threat model, class names and provenance, in hexadecimal; the
   * scorecard does not count.
   */
  public String id() {
    return manifest.id();
  }

  /** The network, which lives as long as this bundle. */
  public Network network() {
    return open().network();
  }

  /** The network as a classifier, which lives as long as this bundle. */
  public NetworkClassifier classifier() {
    return network().classifier();
  }

  /** As {@code Architectures.parse} reads it; empty for a graph of its own. */
  public String architecture() {
    return manifest.architecture();
  }

  /** What the model was hardened against; null for a standard model. */
  public @Nullable ThreatModel threat() {
    return threat;
  }

  /** How it did, without times; null before an evaluation. */
  public @Nullable Scorecard scorecard() {
    return scorecard;
  }

  /** Names by label. */
  public List<String> classNames() {
    return manifest.classNames();
  }

  /** Valid input values. */
  public Domain domain() {
    return manifest.domain();
  }

  /** What the samples are like that the model was trained on. */
  public SampleForm form() {
    return manifest.form();
  }

  public Provenance provenance() {
    return manifest.provenance();
  }

  /** A predictor with a thread for each core. */
  public Predictor predictor() {
    return predictor(Processor.cores());
  }

  /**
   * A predictor, which may outlive this bundle.
   *
   * @param threads at least 1; any number gives the same bits
   */
  public Predictor predictor(int threads) {
    return new Predictor(open(), domain(), threads);
  }

  private SharedNetwork open() {
    if (closed.get()) {
      throw new IllegalStateException("a bundle was used after it was closed");
    }
    return shared;
  }

  /** Frees the weights once predictors and bundles that share them are closed as well. */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      shared.release();
    }
  }
}
