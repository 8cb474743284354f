package io.holdfast.experiment;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.holdfast.record.Difference;
import io.holdfast.record.Rate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a recipe gave.
 *
 * @param recipe its name
 * @param family whose settings it has
 * @param failed why it ended without a model; null where it has one
 * @param clean share of samples predicted right when clean; null without a model
 * @param threats share that held within each threat model, by its name
 * @param robust share that held within all of them; null without a model
 * @param last the same by those who judge the best recipes; null for the others
 * @param seconds of the steps of training; validation and checkpoints do not count
 * @param time that over the time of the recipe whose time is 1; NaN where one of the two is missing
 * @param held one digit per sample, 1 where it held within all threat models
 * @param ahead by how much more robust it is than others, by their names
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RecipeRow(
    String recipe,
    String family,
    @Nullable String failed,
    @Nullable Rate clean,
    Map<String, Rate> threats,
    @Nullable Rate robust,
    @Nullable Rate last,
    double seconds,
    double time,
    String held,
    Map<String, Difference> ahead) {
  public RecipeRow {
    threats = Collections.unmodifiableMap(new LinkedHashMap<>(threats));
    ahead = Collections.unmodifiableMap(new LinkedHashMap<>(ahead));
  }

  /** One that ended without a model. */
  static RecipeRow failed(RecipeBook.Recipe recipe, String why) {
    return new RecipeRow(
        recipe.name(),
        recipe.family(),
        why,
        null,
        Map.of(),
        null,
        null,
        Double.NaN,
        Double.NaN,
        "",
        Map.of());
  }

  /**
   * Rows of one comparison with their times and differences, which follow from the rest.
   *
   * @param clock the recipe whose time is 1
   * @param against recipes with which all others are compared
   */
  public static List<RecipeRow> compared(List<RecipeRow> rows, String clock, List<String> against) {
    double one =
        rows.stream()
            .filter(row -> row.recipe.equals(clock))
            .mapToDouble(RecipeRow::seconds)
            .findFirst()
            .orElse(Double.NaN);
    List<RecipeRow> others = rows.stream().filter(row -> against.contains(row.recipe)).toList();
    List<RecipeRow> compared = new ArrayList<>();
    for (RecipeRow row : rows) {
      RecipeRow own = row.copy(row.last, row.seconds / one, Map.of());
      for (RecipeRow other : others) {
        own = own.against(other);
      }
      compared.add(own);
    }
    return compared;
  }

  RecipeRow judged(Rate again) {
    return copy(again, time, ahead);
  }

  /** Compared with another on the same samples; unchanged where one of them has no model. */
  RecipeRow against(RecipeRow other) {
    if (other.recipe.equals(recipe) || held.isEmpty() || other.held.isEmpty()) {
      return this;
    }
    long[] counts = new long[4]; // both, only the other, only this, none
    for (int i = 0; i < held.length(); i++) {
      counts[(held.charAt(i) == '1' ? 0 : 1) + (other.held.charAt(i) == '1' ? 0 : 2)]++;
    }
    Map<String, Difference> more = new LinkedHashMap<>(ahead);
    more.put(other.recipe, Difference.paired(counts[0], counts[1], counts[2], counts[3]));
    return copy(last, time, more);
  }

  private RecipeRow copy(@Nullable Rate again, double ratio, Map<String, Difference> compared) {
    return new RecipeRow(
        recipe, family, failed, clean, threats, robust, again, seconds, ratio, held, compared);
  }
}
