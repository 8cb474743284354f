package io.holdfast.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Rules over all modules that the command line puts together; those of core alone are in core. */
@AnalyzeClasses(packages = "io.holdfast", importOptions = DoNotIncludeTests.class)
final class ModulesTest {
  @ArchTest
  static final ArchRule ONLY_TENSOR_USES_THE_ENGINE =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.holdfast.tensor..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..");

  @ArchTest
  static final ArchRule ONLY_THE_COMMAND_LINE_USES_PICOCLI =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.holdfast.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("picocli..");

  /** Without this the rules above would hold over nothing. */
  @ArchTest
  static final ArchRule THE_ENGINE_IS_SEEN_HERE =
      classes()
          .that()
          .haveFullyQualifiedName("io.holdfast.tensor.Tensor")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..");
}
