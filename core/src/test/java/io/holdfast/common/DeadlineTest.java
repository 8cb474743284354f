package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineTest {
  @Test
  void passesWhenTheClockHasMovedSoFar() {
    AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // clocks may wrap around
    Deadline deadline = Deadline.in(Duration.ofNanos(10), now::get);
    assertThat(deadline.passed()).isFalse();
    now.addAndGet(9);
    assertThat(deadline.passed()).isFalse();
    now.addAndGet(1);
    assertThat(deadline.passed()).isTrue();
    assertThat(Deadline.none().passed()).isFalse();
  }

  @Test
  void aPartOfItIsMeasuredByItsClockAndEndsWithIt() {
    AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    Deadline whole = Deadline.in(Duration.ofNanos(10), now::get);
    now.addAndGet(4);
    assertThat(whole.within(Duration.ofNanos(3)).remaining()).isEqualTo(Duration.ofNanos(3));
    Deadline part = whole.within(Duration.ofDays(90_000));
    assertThat(part.remaining()).isEqualTo(Duration.ofNanos(6));
    now.addAndGet(6);
    assertThat(part.passed()).isTrue();
    assertThat(whole.within(Duration.ofNanos(5)).passed()).isTrue();
    assertThat(Deadline.none().within(Duration.ofDays(1)).isNone()).isFalse();
  }

  @Test
  void readsTimes() {
    assertThat(Deadline.parse("20m")).isEqualTo(Duration.ofMinutes(20));
    assertThat(Deadline.parse("1h30m")).isEqualTo(Duration.ofMinutes(90));
    assertThat(Deadline.parse("0.5h")).isEqualTo(Duration.ofMinutes(30));
    assertThat(Deadline.parse("2d")).isEqualTo(Duration.ofDays(2));
    assertThat(Deadline.parse("250ms")).isEqualTo(Duration.ofMillis(250));
    Duration longest = Deadline.parse("36500d");
    assertThat(longest).isEqualTo(Duration.ofDays(36_500));
    assertThat(Deadline.in(longest).within(longest).passed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "20", "m", "20 m", "-5m", "0s", "1h-", "1x", "1e3s", "999999999d", "36501d"})
  void refuses(String text) {
    assertThatThrownBy(() -> Deadline.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a time such as");
  }
}
