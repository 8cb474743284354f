package io.holdfast.common;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Copies of records that differ in one value, for settings that have many. */
public final class Records {
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return Shape.of(type);
        }
      };

  private Records() {}

  /**
   * The same record with another value of one component; the record's own checks are made.
   *
   * @param component its name in the record's header
   * @param value of the component's type
   * @throws IllegalArgumentException if the record has no such component, or not of that type
   */
  public static <R extends Record> R with(R record, String component, @Nullable Object value) {
    return SHAPES.get(record.getClass()).copy(record, component, value);
  }

  /**
   * How records of one class are read and made.
   *
   * @param components in the order of the header
   * @param canonical the constructor that takes all of them
   */
  private record Shape(List<RecordComponent> components, Constructor<?> canonical) {
    static Shape of(Class<?> type) {
      RecordComponent[] components = type.getRecordComponents();
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      try {
        Constructor<?> canonical = type.getDeclaredConstructor(types);
        canonical.setAccessible(true);
        Arrays.stream(components).forEach(c -> c.getAccessor().setAccessible(true));
        return new Shape(List.of(components), canonical);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException("a record has its canonical constructor: " + type, e);
      }
    }

    @SuppressWarnings("unchecked") // the constructor makes what the record is
    <R extends Record> R copy(R record, String component, @Nullable Object value) {
      @Nullable Object[] values = new @Nullable Object[components.size()];
      boolean found = false;
      try {
        for (int i = 0; i < values.length; i++) {
          boolean other = components.get(i).getName().equals(component);
          values[i] = other ? value : components.get(i).getAccessor().invoke(record);
          found |= other;
        }
        if (!found) {
          throw new IllegalArgumentException(
              record.getClass().getSimpleName() + " has no component " + component);
        }
        return (R) canonical.newInstance(values);
      } catch (InvocationTargetException e) {
        throw unwrapped(e);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record can be read and made", e);
      }
    }

    /** What the record itself threw. */
    private static RuntimeException unwrapped(InvocationTargetException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      return e.getCause() instanceof RuntimeException thrown
          ? thrown
          : new IllegalStateException(e.getCause());
    }
  }
}
