package io.holdfast.common;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * Handles signals through {@code sun.misc.Signal}, which every OpenJDK has; by reflection, because
 * the compiler's warning about it cannot be switched off. A platform without it, or a signal that
 * the virtual machine keeps to itself, keeps the default: the program ends.
 */
final class Signals {
  private Signals() {}

  /**
   * Runs {@code action} on each signal of that name, such as {@code INT}; the result puts the old
   * handler back.
   */
  static Runnable take(String name, Runnable action) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Method handle = signalType.getMethod("handle", signalType, handlerType);
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      Object handler =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(), new Class<?>[] {handlerType}, running(action));
      Object previous = handle.invoke(null, signal, handler);
      return () -> restore(handle, signal, previous);
    } catch (ReflectiveOperationException e) {
      return () -> {};
    }
  }

  private static InvocationHandler running(Runnable action) {
    return (proxy, method, arguments) -> {
      switch (method.getName()) {
        case "handle" -> action.run();
        case "equals" -> {
          return proxy == arguments[0];
        }
        case "hashCode" -> {
          return System.identityHashCode(proxy);
        }
        case "toString" -> {
          return "Holdfast's signal handler";
        }
        default -> throw new UnsupportedOperationException(method.getName());
      }
      return null;
    };
  }

  private static void restore(Method handle, Object signal, Object previous) {
    try {
      handle.invoke(null, signal, previous);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a signal that was taken can be given back", e);
    }
  }
}
