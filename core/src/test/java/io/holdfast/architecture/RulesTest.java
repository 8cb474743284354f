package io.holdfast.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.holdfast.architecture.high.Attic;
import io.holdfast.architecture.low.Cellar;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each rule bites: the made-up floors below this package break them on purpose. */
final class RulesTest {
  private static final String ROOT = "io.holdfast.architecture";
  private static final JavaClasses BOTH =
      new ClassFileImporter().importClasses(Cellar.class, Attic.class);

  @Test
  void aLowerFloorMayNotUseAHigherOne() {
    assertThat(violations(Rules.floors(new Floors(ROOT, List.of("low", "high")))))
        .isNotEmpty()
        .allMatch(line -> line.contains("Cellar") && line.contains("Attic"));
    assertThat(violations(Rules.floors(new Floors(ROOT, List.of("high", "low"))))).isEmpty();
  }

  @Test
  void aClassOutsideTheListedFloorsIsFound() {
    assertThat(violations(Rules.floors(new Floors(ROOT, List.of("low")))))
        .singleElement()
        .asString()
        .contains("Attic stands on no floor");
  }

  @Test
  void theEngineHasOneUser() {
    String high = ROOT + ".high";
    assertThat(violations(Rules.onlyMayUse(ROOT + ".tensor", high))).isNotEmpty();
    assertThat(violations(Rules.onlyMayUse(ROOT + ".low", high))).isEmpty();
  }

  @Test
  void hiddenRandomnessTheClockAndTheConsoleAreFound() {
    assertThat(violations(Rules.randomnessIsSeeded()))
        .anyMatch(line -> line.contains("java.util.Random"))
        .anyMatch(line -> line.contains("Math.random"));
    assertThat(violations(Rules.noWallClock())).hasSize(1);
    assertThat(violations(Rules.quiet())).hasSize(1);
  }

  @Test
  void aPackageWithoutNullMarkedIsFound() {
    assertThat(violations(Rules.nullMarked())).hasSize(2);
    JavaClasses marked = new ClassFileImporter().importPackages(ROOT);
    assertThat(Rules.nullMarked().evaluate(marked).getFailureReport().getDetails()).isEmpty();
  }

  private static List<String> violations(ArchRule rule) {
    return rule.evaluate(BOTH).getFailureReport().getDetails();
  }
}
