package io.holdfast.bundle;

import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.common.Provenance;
import io.holdfast.data.image.Scale;
import io.holdfast.model.graph.Network;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.record.Scorecard;
import io.holdfast.threat.Domain;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Collects what a {@link Bundle} holds; made by {@link Bundle#of}. */
public final class BundleBuilder {
  private final Network network;
  private String architecture = "";
  private @Nullable ThreatModel threat;
  private @Nullable Domain domain;
  private @Nullable Provenance provenance;
  private @Nullable List<String> classNames;
  private @Nullable Scorecard scorecard;
  private @Nullable Scale scale;

  BundleBuilder(Network network) {
    this.network = network;
  }

  /**
   * The name of the architecture with its parameters; empty (the default) for a graph of its own.
   */
  public BundleBuilder architecture(String name) {
    architecture = name;
    return this;
  }

  /** What the model was hardened against; without one it is a standard model. */
  public BundleBuilder threat(@Nullable ThreatModel model) {
    threat = model;
    return this;
  }

  /** Valid input values; by default those of the threat model, or [0, 1] without one. */
  public BundleBuilder domain(Domain valid) {
    domain = valid;
    return this;
  }

  /** Where the weights come from; must be given. */
  public BundleBuilder provenance(Provenance origin) {
    provenance = origin;
    return this;
  }

  /** Names by label; by default the labels themselves. */
  public BundleBuilder classNames(List<String> names) {
    classNames = List.copyOf(names);
    return this;
  }

  /**
   * How numbers in the file of the training samples were read, so that others are read likewise;
   * null (the default) where its format told it.
   */
  public BundleBuilder scale(@Nullable Scale ofNumbers) {
    scale = ofNumbers;
    return this;
  }

  /** How the model did; its times are left out. */
  public BundleBuilder scorecard(Scorecard card) {
    scorecard = card.withoutTiming();
    return this;
  }

  /**
   * The bundle, which owns the network from now on.
   *
   * @throws InvalidInputException with everything that does not fit; the network stays the caller's
   */
  public Bundle build() {
    NetworkClassifier classifier = network.classifier();
    int classes = classifier.classes();
    List<String> names =
        classNames != null
            ? classNames
            : IntStream.range(0, classes).mapToObj(String::valueOf).toList();
    Domain valid = domain != null ? domain : threat != null ? threat.domain() : Domain.UNIT;
    check(names, classes, valid);
    Map<String, byte[]> texts = Bundle.texts(network, threat, scorecard);
    Map<String, String> hashes = new LinkedHashMap<>();
    texts.forEach((name, content) -> hashes.put(name, Hashes.sha256Hex(content)));
    hashes.put(BundleFiles.WEIGHTS, Hashes.sha256Hex(Bundle.weights(network)));
    List<Integer> shape =
        Arrays.stream(classifier.inputShape()).mapToObj(Math::toIntExact).toList();
    Manifest manifest =
        new Manifest(
            architecture, names, shape, valid, scale, Objects.requireNonNull(provenance), hashes);
    return new Bundle(new SharedNetwork(network), manifest, texts, threat, scorecard);
  }

  private void check(List<String> names, int classes, Domain valid) {
    Problems problems = new Problems("bundle");
    if (provenance == null) {
      problems.add("provenance", "where the weights come from", "nothing");
    }
    checkNames(names, classes, problems);
    if (threat != null && !threat.domain().equals(valid)) {
      problems.add("domain", threat.domain() + " as in the threat model", valid.toString());
    }
    problems.throwIfAny();
  }

  /** One name for each class, none twice or blank. */
  static void checkNames(List<String> names, int classes, Problems problems) {
    if (names.size() != classes) {
      problems.add("class_names", classes + " names, one for each class", names.size() + " names");
    }
    if (new HashSet<>(names).size() < names.size() || names.stream().anyMatch(String::isBlank)) {
      problems.add("class_names", "different names that are not blank", names.toString());
    }
  }
}
