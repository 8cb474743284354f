package io.holdfast.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  /** The definition word by word: a pass over all predictions for each bin. */
  private static double slow(List<Float> confidences) {
    double ece = 0;
    for (int bin = 0; bin < 15; bin++) {
      double sum = 0;
      int right = 0;
      int n = 0;
      for (int i = 0; i < confidences.size(); i++) {
        double scaled = (double) confidences.get(i) * 15;
        if ((scaled > bin || (bin == 0 && scaled == 0)) && scaled <= bin + 1) {
          sum += confidences.get(i);
          right += isRight(i) ? 1 : 0;
          n++;
        }
      }
      ece += n == 0 ? 0 : (double) n / confidences.size() * Math.abs(right / (double) n - sum / n);
    }
    return ece;
  }

  private static boolean isRight(int i) {
    return i * 7 % 3 > 0;
  }

  @Property(tries = 300, seed = "2026")
  void equalsTheDefinition(
      @ForAll @Size(min = 1, max = 200) List<@FloatRange(max = 1) Float> confidences) {
    Calibration.Builder builder = new Calibration.Builder();
    for (int i = 0; i < confidences.size(); i++) {
      builder.add(confidences.get(i), isRight(i));
    }
    Calibration calibration = builder.build();
    assertThat(calibration.ece()).isCloseTo(slow(confidences), within(1e-9));
    assertThat(calibration.n()).isEqualTo(confidences.size());
    assertThat(calibration.bins())
        .allSatisfy(
            bin -> assertThat(bin.confidence()).isBetween(bin.lo() - 1e-9, bin.hi() + 1e-9));
  }

  @Test
  void whatHasNoConfidenceIsNotCounted() {
    Calibration.Builder builder = new Calibration.Builder();
    builder.add(Float.NaN, true);
    assertThat(builder.isEmpty()).isTrue();
    builder.add(1, false);
    assertThat(builder.build().ece()).isEqualTo(1);
  }
}
