package io.holdfast.evaluate;

import io.holdfast.common.Provenance;
import io.holdfast.data.Dataset;
import io.holdfast.data.image.corruption.Corruption;
import io.holdfast.model.graph.NetworkClassifier;
import io.holdfast.tensor.Engine;
import io.holdfast.threat.ThreatModel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The provenance of an evaluation: data and configuration of the model's training as the caller
 * gives them, and all that decides the rows.
 */
final class Origin {
  private Origin() {}

  static Provenance of(Evaluation e, ThreatModel threat, Dataset data, int shard) {
    Provenance caller = e.provenance;
    Map<String, String> hashes = new LinkedHashMap<>();
    Map<String, Object> configuration = new LinkedHashMap<>();
    if (caller != null) {
      hashes.putAll(caller.dataHashes());
      configuration.putAll(caller.configuration());
    }
    hashes.put(Provenance.EVALUATION, data.contentHash(e.stopper));
    configuration.put(Provenance.EVALUATION, section(e, threat, data, shard));
    return new Provenance(
        Provenance.currentCode(),
        Engine.version(),
        Provenance.currentPlatform(),
        e.seed.value(),
        hashes,
        configuration);
  }

  private static Map<String, Object> section(
      Evaluation e, ThreatModel threat, Dataset data, int shard) {
    Map<String, Object> section = new LinkedHashMap<>();
    section.put("data", data.info().name());
    section.put("samples", data.size());
    section.put("threat", threat.toSettings().toMap());
    Map<String, Object> attacks = new LinkedHashMap<>();
    e.attacks.forEach(a -> attacks.put(a.key(), a.attack().key()));
    section.put("attacks", attacks);
    if (e.surrogate != null) {
      section.put("surrogate", e.surrogateName);
    }
    section.put("seed", e.seed.value());
    section.put("precision", e.precision.text());
    section.put("chunk", e.chunk);
    section.put("shard", shard);
    if (e.curve != null) {
      Map<String, Object> curve = new LinkedHashMap<>();
      curve.put("attack", e.curve.attack().attack().key());
      curve.put("samples", e.curve.samples());
      curve.put("factors", e.curve.factors());
      section.put("curve", curve);
    }
    if (e.corruptions != null) {
      Map<String, Object> corruptions = new LinkedHashMap<>();
      corruptions.put("samples", e.corruptions.samples());
      corruptions.put("types", e.corruptions.types().stream().map(Corruption::key).toList());
      corruptions.put("severities", e.corruptions.severities());
      section.put("corruptions", corruptions);
    }
    if (e.classifier instanceof NetworkClassifier network) {
      section.put("weights", network.network().hash());
    }
    return section;
  }
}
