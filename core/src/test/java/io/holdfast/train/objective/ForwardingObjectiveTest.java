package io.holdfast.train.objective;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ForwardingObjectiveTest {
  /** Also what {@link Objective} answers by itself, and nothing else in its place. */
  @Test
  void everythingIsPassedOn() throws ReflectiveOperationException {
    for (Method method : Objective.class.getMethods()) {
      String[] asked = new String[1];
      Objective inner =
          (Objective)
              Proxy.newProxyInstance(
                  Objective.class.getClassLoader(),
                  new Class<?>[] {Objective.class},
                  (proxy, called, arguments) -> {
                    asked[0] = asked[0] == null ? called.getName() : "more than one";
                    return nothing(called.getReturnType());
                  });
      Object[] arguments = Arrays.stream(method.getParameterTypes()).map(t -> nothing(t)).toArray();
      method.invoke(new ForwardingObjective(inner), arguments);
      assertThat(asked[0]).isEqualTo(method.getName());
    }
  }

  private static @Nullable Object nothing(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    if (type == int.class) {
      return 0;
    }
    if (type == double.class) {
      return 0.0;
    }
    return type == List.class ? List.of() : null;
  }
}
