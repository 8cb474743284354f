package io.holdfast.testkit;

import io.holdfast.tensor.TensorOwner;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test, and a test class, that leaves scopes open; with the system property {@code
 * holdfast.leakcheck} it names where they were opened. For tests that do not run in parallel:
 *
 * <pre>{@code
 * @ExtendWith(LeakCheck.class)
 * class MyTest { ... }
 * }</pre>
 */
public final class LeakCheck
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private static final String KEY = "open";

  /** What was open at one moment. */
  private record Open(long count, Set<TensorOwner> owners) {
    static Open now() {
      return new Open(TensorOwner.openCount(), TensorOwner.openPlaces().keySet());
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    remember(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    remember(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    compare(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    compare(context);
  }

  private static ExtensionContext.Store store(ExtensionContext context) {
    return context.getStore(
        ExtensionContext.Namespace.create(LeakCheck.class, context.getUniqueId()));
  }

  private static void remember(ExtensionContext context) {
    store(context).put(KEY, Open.now());
  }

  private static void compare(ExtensionContext context) {
    Open before = store(context).remove(KEY, Open.class);
    if (before == null) {
      return;
    }
    long left = TensorOwner.openCount() - before.count();
    if (left > 0) {
      throw new AssertionError(
          context.getDisplayName() + " left " + left + " scopes open" + places(before));
    }
  }

  private static String places(Open before) {
    Map<TensorOwner, StackTraceElement> now = TensorOwner.openPlaces();
    String places =
        now.entrySet().stream()
            .filter(e -> !before.owners().contains(e.getKey()))
            .map(e -> "\n  opened at " + e.getValue())
            .sorted()
            .collect(Collectors.joining());
    return places.isEmpty() ? "; -Dholdfast.leakcheck=true names where" : places;
  }
}
