package io.holdfast.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.common.Progress;
import io.holdfast.record.Rate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LiveTableTest {
  private final List<List<String>> seen = new ArrayList<>();
  private final List<String> tasks = new ArrayList<>();
  private final Progress screen =
      new Progress() {
        @Override
        public Task start(String title, long total, String unit) {
          tasks.add(title);
          return n -> {};
        }

        @Override
        public void pin(List<String> lines) {
          seen.add(lines);
        }
      };

  @Test
  void showsWhoHasFallenToWhatSoFar() {
    LiveTable table = new LiveTable(screen, List.of("a/linf", "b/linf"), List.of("fgsm", "pgd"));
    try (Progress.Task clean = table.of("a/linf").start(LiveTable.CLEAN, 200, "images")) {
      clean.advance(200);
      clean.stat("right", 0.9);
    }
    try (Progress.Task fgsm = table.of("a/linf").start("fgsm", 200, "images")) {
      fgsm.advance(100);
      fgsm.stat("held", 0.55);
      assertThat(last())
          .containsExactly(
              "still right after  a/linf",
              "-----------------  ------",
              "clean               90.0%",
              "fgsm               ~55.0%",
              "pgd                     -",
              "all together            -");
      fgsm.skip(100);
      fgsm.stat("held", 0.5);
    }
    try (Progress.Task pgd = table.of("b/linf").start("pgd", 200, "images")) {
      pgd.advance(1);
      pgd.stat("held", 0.25);
    }
    table.of("b/linf").start("curve", 10, "images").stat("held", 0.1);
    Map<String, Rate> of = Map.of("pgd", Rate.of(90, 200));
    table.done("a/linf", of, Rate.of(80, 200), Set.of());
    table.done("b/linf", Map.of(), Rate.of(40, 200), Set.of("pgd"));
    assertThat(last())
        .containsExactly(
            "still right after  b/linf  a/linf",
            "-----------------  ------  ------",
            "clean                   -   90.0%",
            "fgsm                    -   50.0%",
            "pgd                ~25.0%   45.0%",
            "all together       ~20.0%   40.0%");
    assertThat(tasks).containsExactly("a/linf clean", "a/linf fgsm", "b/linf pgd", "b/linf curve");
    table.close();
    assertThat(last()).isEmpty();
  }

  private List<String> last() {
    return seen.get(seen.size() - 1);
  }
}
