package io.holdfast.architecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/** The architecture of core, as DESIGN.md states it. */
@AnalyzeClasses(packages = "io.holdfast", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
  static final Floors FLOORS =
      new Floors(
          "io.holdfast",
          List.of(
              "common",
              "tensor",
              "data",
              "model",
              "threat",
              "record",
              "bundle",
              "attack",
              "verify",
              "train",
              "defend",
              "evaluate",
              "diagnose",
              "govern",
              "report",
              "experiment"));

  @ArchTest static final ArchRule FLOORS_ARE_KEPT = Rules.floors(FLOORS);
  @ArchTest static final ArchRule NO_CYCLES = Rules.noCycles("io.holdfast");

  @ArchTest
  static final ArchRule ONLY_TENSOR_USES_THE_ENGINE =
      Rules.onlyMayUse("io.holdfast.tensor", "org.bytedeco");

  @ArchTest static final ArchRule RANDOMNESS_IS_SEEDED = Rules.randomnessIsSeeded();
  @ArchTest static final ArchRule NO_WALL_CLOCK = Rules.noWallClock();
  @ArchTest static final ArchRule QUIET = Rules.quiet();
  @ArchTest static final ArchRule NULL_MARKED = Rules.nullMarked();
}
