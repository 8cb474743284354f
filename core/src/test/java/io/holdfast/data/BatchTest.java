package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.data.image.InMemoryImages;
import io.holdfast.tensor.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchTest {
  private static final Dataset DATA =
      InMemoryImages.of(
          new DatasetInfo("tiny", List.of(1, 1, 2), List.of("a", "b"), ""),
          new byte[] {0, (byte) 255, 51, 102, 1, 2},
          new int[] {0, 1, 1});

  @Test
  void gathersSamplesInOrder() {
    try (Scope scope = Scope.open()) {
      Batch batch = DATA.batch(1, 0);
      assertThat(batch.size()).isEqualTo(2);
      assertThat(batch.inputs().count()).isEqualTo(2);
      assertThat(batch.x().shape()).containsExactly(2, 1, 1, 2);
      assertThat(batch.x().toFloats()).containsExactly(0.2f, 0.4f, 0f, 1f);
      assertThat(batch.labels().toLongs()).containsExactly(1, 0);
      assertThat(batch.ids()).containsExactly(1, 0);
      assertThat(batch.weights()).containsExactly(1, 1);
      assertThat(batch.groups()).containsExactly(-1, -1);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void otherKindsAreNotDense() {
    try (Scope scope = Scope.open()) {
      Batch batch = DATA.batch(0);
      Inputs tokens = new Inputs.Tokens(batch.labels(), batch.labels());
      assertThatThrownBy(tokens::dense).hasMessageContaining("found tokens");
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void needsAScope() {
    assertThatThrownBy(() -> DATA.batch(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("scope");
  }
}
