package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.tensor.Scope;
import io.holdfast.tensor.SharedScope;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

class LeakCheckTest {
  private final LeakCheck check = new LeakCheck();
  private final ExtensionContext context = context();

  @Test
  void namesWhereALeakingScopeWasOpened() {
    check.beforeEach(context);
    SharedScope leaking = Scope.shared();
    try {
      assertThatThrownBy(() -> check.afterEach(context))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("a test left 1 scopes open")
          .hasMessageContaining("LeakCheckTest.java");
    } finally {
      leaking.close();
    }
  }

  @Test
  void acceptsWhatIsClosedAgain() {
    check.beforeAll(context);
    try (Scope scope = Scope.open()) {
      check.beforeEach(context);
      try (Scope inner = Scope.open()) {
        inner.isOpen();
      }
      assertThatCode(() -> check.afterEach(context)).doesNotThrowAnyException();
    }
  }

  /** As much of a context as the check uses. */
  private static ExtensionContext context() {
    Map<Object, Object> values = new HashMap<>();
    Object store =
        Proxy.newProxyInstance(
            LeakCheckTest.class.getClassLoader(),
            new Class<?>[] {ExtensionContext.Store.class},
            (proxy, method, arguments) ->
                method.getName().equals("put")
                    ? values.put(arguments[0], arguments[1])
                    : values.remove(arguments[0]));
    return (ExtensionContext)
        Proxy.newProxyInstance(
            LeakCheckTest.class.getClassLoader(),
            new Class<?>[] {ExtensionContext.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getStore" -> store;
                  case "getUniqueId" -> "id";
                  default -> "a test";
                });
  }
}
