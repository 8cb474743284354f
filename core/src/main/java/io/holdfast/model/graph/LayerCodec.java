package io.holdfast.model.graph;

import io.holdfast.common.InvalidInputException;
import io.holdfast.common.SettingsReader;
import io.holdfast.model.graph.layer.Size;
import io.holdfast.model.graph.layer.Upsample;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A layer's settings as plain values and back, by the components of its record. A table keyed by
 * the component's type: a new kind of setting is one row.
 */
final class LayerCodec {
  /** How one type of component is written and read. */
  private record Kind(
      Function<Object, Object> write, BiFunction<SettingsReader, String, Object> read) {}

  private static final Map<Class<?>, Kind> KINDS =
      Map.of(
          int.class,
          new Kind(v -> v, (r, key) -> r.integer(key, Integer.MIN_VALUE, Integer.MAX_VALUE)),
          double.class,
          new Kind(v -> v, (r, key) -> r.number(key, -Double.MAX_VALUE, Double.MAX_VALUE)),
          boolean.class,
          new Kind(v -> v, LayerCodec::flag),
          Size.class,
          new Kind(v -> ((Size) v).toArray(), LayerCodec::size),
          Shape.class,
          new Kind(v -> ((Shape) v).toArray(), LayerCodec::shape),
          List.class,
          new Kind(v -> v, LayerCodec::numbers),
          Upsample.Mode.class,
          new Kind(
              v -> v.toString().toLowerCase(Locale.ROOT),
              (r, key) -> r.choice(key, Upsample.Mode.NEAREST)));

  private LayerCodec() {}

  static Map<String, Object> write(Layer layer) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (RecordComponent c : components(layer.getClass())) {
      try {
        fields.put(key(c), kind(c).write.apply(c.getAccessor().invoke(layer)));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a layer's record is public: " + layer.getClass(), e);
      }
    }
    return fields;
  }

  /** A layer; null, with the problems reported, if a setting is missing or wrong. */
  static @Nullable Layer read(Class<? extends Layer> type, SettingsReader reader) {
    int before = reader.problems().list().size();
    List<RecordComponent> components = components(type);
    Object[] values = new Object[components.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = kind(components.get(i)).read.apply(reader, key(components.get(i)));
    }
    return reader.problems().list().size() > before ? null : make(type, values, reader);
  }

  private static @Nullable Layer make(
      Class<? extends Layer> type, Object[] values, SettingsReader reader) {
    Class<?>[] types =
        components(type).stream().map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<? extends Layer> constructor = type.getConstructor(types);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof InvalidInputException invalid) {
        invalid
            .problems()
            .forEach(p -> reader.reject(p.field(), p.expected(), p.found(), p.hint()));
        return null;
      }
      throw new IllegalStateException("a layer's constructor failed: " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a layer is a public record: " + type, e);
    }
  }

  private static List<RecordComponent> components(Class<?> type) {
    return Arrays.asList(type.getRecordComponents());
  }

  private static Kind kind(RecordComponent c) {
    Kind kind = KINDS.get(c.getType());
    if (kind == null) {
      throw new IllegalStateException("no row for settings of type " + c.getType());
    }
    return kind;
  }

  /** The component's name in snake_case. */
  private static String key(RecordComponent c) {
    return c.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static boolean flag(SettingsReader reader, String key) {
    if (!reader.has(key)) {
      reader.reject(key, "true or false", "nothing", null);
    }
    return reader.flag(key, false);
  }

  private static Size size(SettingsReader reader, String key) {
    List<Integer> pair = reader.integers(key, List.of(), 0, Integer.MAX_VALUE);
    if (pair.size() != 2) {
      reader.reject(key, "height and width", pair.isEmpty() ? "nothing" : pair.toString(), null);
      return Size.of(1);
    }
    return new Size(pair.get(0), pair.get(1));
  }

  /** A shape, at least one dimension. */
  static Shape shape(SettingsReader reader, String key) {
    List<Integer> dims = reader.integers(key, List.of(), 1, Integer.MAX_VALUE);
    if (dims.isEmpty()) {
      reader.reject(key, "a list of dimensions from 1", "nothing", null);
      return Shape.of(1);
    }
    return Shape.of(dims.stream().mapToLong(Integer::longValue).toArray());
  }

  private static List<Double> numbers(SettingsReader reader, String key) {
    List<Double> values = reader.numbers(key, List.of(), -Double.MAX_VALUE, Double.MAX_VALUE);
    if (values.isEmpty()) {
      reader.reject(key, "a list of numbers", "nothing", null);
    }
    return values;
  }
}
