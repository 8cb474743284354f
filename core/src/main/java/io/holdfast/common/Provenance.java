package io.holdfast.common;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Where a bundle, ledger or report comes from: enough to repeat the run that made it. Holds no
 * times and no paths, so that equal runs have equal provenance.
 *
 * @param codeVersion version of Holdfast
 * @param engineVersion version of the numeric engine; empty where none was used
 * @param platform operating system and processor
 * @param seed the run's seed
 * @param dataHashes SHA-256 of each data set, by its role such as {@code train}
 * @param configuration the settings of the run
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record Provenance(
    String codeVersion,
    String engineVersion,
    String platform,
    @JsonProperty(required = true) long seed,
    Map<String, String> dataHashes,
    Map<String, Object> configuration) {
  public Provenance {
    Objects.requireNonNull(codeVersion, "code_version is missing");
    Objects.requireNonNull(engineVersion, "engine_version is missing");
    Objects.requireNonNull(platform, "platform is missing");
    dataHashes =
        Collections.unmodifiableMap(
            new LinkedHashMap<>(Objects.requireNonNull(dataHashes, "data_hashes is missing")));
    configuration =
        Collections.unmodifiableMap(
            new LinkedHashMap<>(Objects.requireNonNull(configuration, "configuration is missing")));
  }
}
