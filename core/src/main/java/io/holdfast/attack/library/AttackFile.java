package io.holdfast.attack.library;

import io.holdfast.attack.AttackResult;
import io.holdfast.attack.AttackResult.Sample;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.record.Outcome;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.Tensor;
import io.holdfast.tensor.Tensors;
import io.holdfast.threat.ThreatModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * What one attack made, as {@code adversarial.safetensors} holds it: {@code images} and {@code
 * clean} (float32 {@code [N, ...]}), {@code labels}, {@code ids}, {@code clean_predictions}, {@code
 * predictions}, {@code outcomes} (0 held, 1 fell, 2 wrong when clean), {@code queries} and {@code
 * gradients} (int64 {@code [N]}), {@code confidences} and {@code true_confidences} (float32 {@code
 * [N]}), and {@code variables} (float32 {@code [N, P]}) where images are checked by what made them,
 * such as parameters; NaN stands behind those of a sample that has fewer than others, as in a
 * union. The metadata say where it comes from.
 */
public final class AttackFile {
  static final String ORIGIN = "holdfast.origin";
  static final String VARIABLES = "variables";

  private AttackFile() {}

  /**
   * Where the file comes from.
   *
   * @param attack its counts are those of each sample, in the file's columns
   * @param model that was attacked
   * @param threat what the attacker was allowed
   * @param data name of the data set
   * @param dataHash its content hash
   * @param licence of the data; empty where unknown
   * @param classes names by label; empty where unknown
   */
  public record Origin(
      AttackOrigin attack,
      ModelOrigin model,
      ThreatModel threat,
      String data,
      String dataHash,
      String licence,
      List<String> classes) {
    public Origin {
      classes = List.copyOf(classes);
    }

    /** The name of a class, empty where unknown. */
    String className(int label) {
      return label < classes.size() ? classes.get(label) : "";
    }

    /** For the file's metadata. */
    public Map<String, String> toMetadata() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("attack", EntryFormat.attack(attack));
      map.put("model", EntryFormat.model(model));
      map.put("threat", threat.toSettings().toMap());
      map.put("data", data);
      map.put("data_hash", dataHash);
      map.put("licence", licence);
      if (!classes.isEmpty()) {
        map.put("classes", classes);
      }
      return Map.of(ORIGIN, Json.compact(Sealed.seal(map)));
    }

    /**
     * Reads a file's metadata.
     *
     * @throws InvalidInputException if they are not there, or do not fit together
     */
    public static Origin read(Safetensors file, String source) {
      String text = file.header().metadata().get(ORIGIN);
      if (text == null) {
        throw new InvalidInputException(
            source,
            ORIGIN,
            "the origin of the examples, as 'holdfast attack' writes it",
            "nothing",
            "run the attack again");
      }
      Sealed sealed = Sealed.parse(text, source + " " + ORIGIN);
      if (!sealed.intact()) {
        throw new InvalidInputException(
            source, ORIGIN, "an origin with its SHA-256", "another one", "the file was changed");
      }
      return sealed.read(
          r ->
              new Origin(
                  EntryFormat.readAttack(r.requiredSection("attack")),
                  EntryFormat.readModel(r.requiredSection("model")),
                  ThreatModel.read(r.requiredSection("threat")),
                  r.text("data"),
                  r.text("data_hash"),
                  r.text("licence"),
                  r.texts("classes", List.of())));
    }
  }

  /**
   * The columns of a result, in the innermost open scope.
   *
   * @param clean inputs {@code [n, ...]} that were attacked
   */
  public static Map<String, Tensor> columns(AttackResult result, Tensor clean) {
    List<Sample> samples = result.samples();
    Map<String, Tensor> columns = new LinkedHashMap<>();
    columns.put("images", result.adversarial());
    columns.put("clean", clean);
    columns.put("labels", longs(samples, Sample::label));
    columns.put("ids", longs(samples, Sample::id));
    columns.put("clean_predictions", longs(samples, Sample::cleanPrediction));
    columns.put("predictions", longs(samples, Sample::prediction));
    columns.put("outcomes", longs(samples, s -> code(s.outcome())));
    columns.put("queries", longs(samples, Sample::queries));
    columns.put("gradients", longs(samples, Sample::gradients));
    columns.put("confidences", floats(samples, Sample::confidence));
    columns.put("true_confidences", floats(samples, Sample::trueConfidence));
    columns.put(VARIABLES, variables(samples));
    return columns;
  }

  /** The columns of several results one after the other, in the innermost open scope. */
  public static Map<String, Tensor> join(List<Map<String, Tensor>> parts) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : parts.get(0).keySet()) {
      List<Tensor> column =
          parts.stream().map(part -> Objects.requireNonNull(part.get(name), name)).toList();
      all.put(name, name.equals(VARIABLES) ? widened(column) : Tensors.cat(column, 0));
    }
    if (Objects.requireNonNull(all.get(VARIABLES)).size(1) == 0) {
      all.remove(VARIABLES);
    }
    return all;
  }

  /** Joins {@code [n, P]} of several P. */
  private static Tensor widened(List<Tensor> parts) {
    long most = parts.stream().mapToLong(p -> p.size(1)).max().orElse(0);
    return Tensors.cat(
        parts.stream()
            .map(
                p ->
                    p.size(1) == most
                        ? p
                        : Tensors.cat(
                            List.of(p, Tensors.full(Double.NaN, p.size(0), most - p.size(1))), 1))
            .toList(),
        0);
  }

  private static Tensor longs(List<Sample> samples, ToLongFunction<Sample> column) {
    return Tensors.of(samples.stream().mapToLong(column).toArray(), samples.size()); // [n]
  }

  private static Tensor floats(List<Sample> samples, ToDoubleFunction<Sample> column) {
    float[] values = new float[samples.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) column.applyAsDouble(samples.get(i));
    }
    return Tensors.of(values, values.length); // [n]
  }

  /** {@code [n, P]}, where P is 0 where none has any. */
  private static Tensor variables(List<Sample> samples) {
    int most = samples.stream().mapToInt(s -> s.variables().size()).max().orElse(0);
    float[] all = new float[samples.size() * most];
    Arrays.fill(all, Float.NaN);
    for (int i = 0; i < samples.size(); i++) {
      List<Float> some = samples.get(i).variables();
      for (int k = 0; k < some.size(); k++) {
        all[i * most + k] = some.get(k);
      }
    }
    return Tensors.of(all, samples.size(), most);
  }

  private static long code(Outcome outcome) {
    return outcome == Outcome.HELD ? 0 : outcome == Outcome.FELL ? 1 : 2;
  }
}
