package io.holdfast.attack.library;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Problems;
import io.holdfast.tensor.DType;
import io.holdfast.tensor.Safetensors;
import io.holdfast.tensor.SafetensorsHeader;
import io.holdfast.threat.Distances;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** Reads what an attack left in {@code adversarial.safetensors}, example by example. */
public final class AttackFileReader {
  private static final Map<String, DType> COLUMNS =
      Map.of(
          "images", DType.FLOAT32,
          "clean", DType.FLOAT32,
          "labels", DType.INT64,
          "ids", DType.INT64,
          "predictions", DType.INT64,
          "outcomes", DType.INT64,
          "queries", DType.INT64,
          "gradients", DType.INT64,
          "confidences", DType.FLOAT32,
          "true_confidences", DType.FLOAT32);

  private final Safetensors file;
  private final AttackFile.Origin origin;
  private final Terms terms;
  private final List<Integer> shape;
  private final int size;
  private final int count;
  private final int parameters;

  private AttackFileReader(Safetensors file, AttackFile.Origin origin, Terms terms) {
    this.file = file;
    this.origin = origin;
    this.terms = terms;
    List<Long> images = entry("images").shape();
    count = Math.toIntExact(images.get(0));
    shape = images.subList(1, images.size()).stream().map(Math::toIntExact).toList();
    size = shape.stream().reduce(1, Math::multiplyExact);
    SafetensorsHeader.Entry made = file.header().entries().get(AttackFile.VARIABLES);
    parameters = made == null ? 0 : Math.toIntExact(made.shape().get(1));
  }

  /**
   * The examples that felled their sample; read one by one, as they are asked for.
   *
   * @throws InvalidInputException if the file was not written by {@code holdfast attack}, or is
   *     damaged
   */
  public static Iterable<SavedExample> read(Path path, Terms terms) {
    Safetensors file = Safetensors.read(path);
    require(file, path.toString());
    AttackFile.Origin origin = AttackFile.Origin.read(file, path.toString());
    AttackFileReader reader = new AttackFileReader(file, origin, terms);
    return () ->
        IntStream.range(0, reader.count)
            .filter(i -> reader.number("outcomes", i) == 1)
            .mapToObj(reader::example)
            .iterator();
  }

  private static void require(Safetensors file, String source) {
    Problems problems = new Problems(source);
    Map<String, SafetensorsHeader.Entry> entries = file.header().entries();
    COLUMNS.forEach(
        (name, type) -> {
          SafetensorsHeader.Entry entry = entries.get(name);
          if (entry == null || entry.type() != type || entry.shape().isEmpty()) {
            problems.add(
                name, type + " of every sample", entry == null ? "nothing" : entry.dtype());
          }
        });
    problems.throwIfAny();
    List<Long> images = Objects.requireNonNull(entries.get("images")).shape();
    COLUMNS
        .keySet()
        .forEach(
            name -> {
              List<Long> found = Objects.requireNonNull(entries.get(name)).shape();
              List<Long> wanted = name.equals("clean") ? images : images.subList(0, 1);
              if (!name.equals("images") && !found.equals(wanted)) {
                problems.add(name, "the shape " + wanted, found.toString());
              }
            });
    SafetensorsHeader.Entry made = entries.get(AttackFile.VARIABLES);
    if (made != null && (made.shape().size() != 2 || !made.shape().get(0).equals(images.get(0)))) {
      problems.add(AttackFile.VARIABLES, "a row for every sample", made.shape().toString());
    }
    if (images.size() < 2) {
      problems.add("images", "inputs of some shape", images.toString());
    }
    problems.throwIfAny();
  }

  private SafetensorsHeader.Entry entry(String name) {
    return Objects.requireNonNull(file.header().entries().get(name), name);
  }

  private SavedExample example(int row) {
    Content content =
        new Content(
            shape,
            (int) number("labels", row),
            floats("clean", row, size),
            floats("images", row, size),
            variables(row));
    AttackOrigin attack =
        origin.attack().spending(number("queries", row), number("gradients", row));
    Entry entry =
        new Entry(
            content.id(),
            shape,
            content.label(),
            (int) number("predictions", row),
            floats("confidences", row, 1)[0],
            floats("true_confidences", row, 1)[0],
            Distances.between(Content.wide(content.clean()), Content.wide(content.adversarial())),
            origin.threat(),
            attack,
            origin.model(),
            terms.source(
                origin.data(),
                origin.dataHash(),
                number("ids", row),
                origin.licence(),
                origin.className(content.label())),
            terms.date(),
            terms.expires(),
            Status.ACTIVE);
    return new SavedExample(entry, content);
  }

  private float[] variables(int row) {
    if (parameters == 0) {
      return new float[0];
    }
    float[] values = floats(AttackFile.VARIABLES, row, parameters);
    int own = parameters;
    while (own > 0 && Float.isNaN(values[own - 1])) {
      own--;
    }
    return Arrays.copyOf(values, own);
  }

  private long number(String name, int row) {
    return ByteBuffer.wrap(file.bytes(name, (long) row * Long.BYTES, Long.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  private float[] floats(String name, int row, int width) {
    int bytes = Math.multiplyExact(width, Float.BYTES);
    return Content.floats(file.bytes(name, (long) row * bytes, bytes));
  }
}
