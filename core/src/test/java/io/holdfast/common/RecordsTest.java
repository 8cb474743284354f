package io.holdfast.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Copies that differ in one value. */
class RecordsTest {
  private record Setting(int count, double size, String name) {
    Setting {
      if (count < 1) {
        throw new InvalidInputException("setting", "count", "at least 1", Integer.toString(count));
      }
    }
  }

  private final Setting one = new Setting(3, 0.5, "a");

  @Test
  void onlyTheNamedValueIsAnother() {
    assertThat(Records.with(one, "count", 4)).isEqualTo(new Setting(4, 0.5, "a"));
    assertThat(Records.with(one, "size", 2.0)).isEqualTo(new Setting(3, 2, "a"));
    assertThat(Records.with(one, "name", "b")).isEqualTo(new Setting(3, 0.5, "b"));
    assertThat(one).isEqualTo(new Setting(3, 0.5, "a"));
  }

  @Test
  void theRecordsOwnChecksAreMade() {
    assertThatThrownBy(() -> Records.with(one, "count", 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at least 1");
  }

  @Test
  void whatTheRecordLacksIsNamed() {
    assertThatThrownBy(() -> Records.with(one, "length", 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Setting has no component length");
    assertThatThrownBy(() -> Records.with(one, "count", "many"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
