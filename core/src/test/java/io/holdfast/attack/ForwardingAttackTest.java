package io.holdfast.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ForwardingAttackTest {
  /** A new answer of attacks would else be lost silently. */
  @Test
  void everyAnswerIsPassedOn() throws NoSuchMethodException {
    for (Method method : Attack.class.getMethods()) {
      Method own = ForwardingAttack.class.getMethod(method.getName(), method.getParameterTypes());
      assertThat(own.getDeclaringClass())
          .as(method.getName() + Arrays.toString(method.getParameterTypes()))
          .isEqualTo(ForwardingAttack.class);
    }
  }
}
