package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.common.Json;
import io.holdfast.record.Rate;
import io.holdfast.record.Scorecard;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a campaign; equal campaigns give equal results.
 *
 * @param name of the campaign
 * @param cells model by model, threat by threat
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CampaignResult(String name, List<Cell> cells) {
  public CampaignResult {
    cells = List.copyOf(cells);
  }

  /**
   * One model within one threat model.
   *
   * @param model its name
   * @param threat the threat model's name
   * @param folder of ledger and scorecard, within the campaign's
   * @param cleanAccuracy share of samples predicted right when clean
   * @param robustAccuracy share that held against every attack
   * @param attacks share that held, by attack
   * @param incomplete by attack, samples that lack its verdict since time ran out; empty if none
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Cell(
      String model,
      String threat,
      String folder,
      Rate cleanAccuracy,
      @Nullable Rate robustAccuracy,
      Map<String, Rate> attacks,
      Map<String, Long> incomplete) {
    public Cell {
      attacks = Collections.unmodifiableMap(new LinkedHashMap<>(attacks));
      incomplete = Collections.unmodifiableMap(new LinkedHashMap<>(incomplete));
    }

    static Cell of(String model, String threat, String folder, Scorecard card) {
      Map<String, Rate> attacks = new LinkedHashMap<>();
      card.attacks().forEach((key, score) -> attacks.put(key, score.robustAccuracy()));
      return new Cell(
          model,
          threat,
          folder,
          card.cleanAccuracy(),
          card.robustAccuracy(),
          attacks,
          card.incomplete());
    }
  }

  /** As indented JSON, ending in a newline. */
  public String toJson() {
    return Json.pretty(this);
  }
}
