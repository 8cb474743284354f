package io.holdfast.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code examples.jsonl}: one example a line, pixels as base64 of little-endian float32,
 * so that what was seen is kept exactly.
 */
public final class Examples {

  private Examples() {}

  /** Writes all examples, or leaves an older file as it was. */
  public static void write(Path file, List<Example> examples) {
    StringBuilder lines = new StringBuilder();
    for (Example example : examples) {
      lines.append(Json.compact(Line.of(example))).append('\n');
    }
    AtomicFiles.write(file, lines.toString());
  }

  /**
   * Reads all examples.
   *
   * @throws InvalidInputException naming the line that does not fit
   */
  public static List<Example> read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new InvalidInputException(
          file.toString(), "", "a readable UTF-8 file of examples", String.valueOf(e.getMessage()));
    }
    List<Example> examples = new ArrayList<>(lines.size());
    for (String line : lines) {
      String source = file + " line " + (examples.size() + 1);
      examples.add(Json.parse(line, source, Line.class).toExample(source));
    }
    return examples;
  }

  private record Line(
      @JsonProperty("sample_id") long sampleId,
      @JsonProperty("label") int label,
      @JsonProperty("clean_prediction") int cleanPrediction,
      @JsonProperty("clean_confidence") double cleanConfidence,
      @JsonProperty("adversarial_prediction") int adversarialPrediction,
      @JsonProperty("adversarial_confidence") double adversarialConfidence,
      @JsonProperty("attack") String attack,
      @JsonProperty("shape") List<Integer> shape,
      @JsonProperty("clean") String clean,
      @JsonProperty("adversarial") String adversarial,
      @JsonProperty("search") @Nullable SearchLine search) {

    static Line of(Example e) {
      return new Line(
          e.sampleId(),
          e.label(),
          e.cleanPrediction(),
          e.cleanConfidence(),
          e.adversarialPrediction(),
          e.adversarialConfidence(),
          e.attack(),
          List.of(e.clean().channels(), e.clean().height(), e.clean().width()),
          encode(e.clean().values()),
          encode(e.adversarial().values()),
          e.search() == null ? null : SearchLine.of(e.search()));
    }

    Example toExample(String source) {
      try {
        return new Example(
            sampleId,
            label,
            cleanPrediction,
            cleanConfidence,
            adversarialPrediction,
            adversarialConfidence,
            attack,
            pixels(clean),
            pixels(adversarial),
            search == null ? null : search.toSearch());
      } catch (IllegalArgumentException | IndexOutOfBoundsException | NullPointerException e) {
        throw new InvalidInputException(
            source, "", "a complete example", String.valueOf(e.getMessage()));
      }
    }

    private Pixels pixels(String text) {
      return Pixels.of(decode(text), shape.get(0), shape.get(1), shape.get(2));
    }
  }

  private record SearchLine(
      @JsonProperty("true_confidence") double trueConfidence,
      @JsonProperty("queries") long queries,
      @JsonProperty("gradients") long gradients,
      @JsonProperty("variables") String variables) {

    static SearchLine of(Example.Search s) {
      float[] values = new float[s.variables().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = s.variables().get(i);
      }
      return new SearchLine(s.trueConfidence(), s.queries(), s.gradients(), encode(values));
    }

    Example.Search toSearch() {
      float[] values = decode(variables);
      List<Float> list = IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
      return new Example.Search(trueConfidence, queries, gradients, list);
    }
  }

  private static String encode(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private static float[] decode(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}
