package io.holdfast.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.NullMarked;

/** The rules, each usable on any set of classes, so that a test can show that each one bites. */
final class Rules {
  private Rules() {}

  static ArchRule floors(Floors floors) {
    return classes().should(floors.keptByAll()).allowEmptyShould(true);
  }

  static ArchRule noCycles(String root) {
    return SlicesRuleDefinition.slices()
        .matching(root + ".(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true);
  }

  /** Only one package touches the engine; everybody else goes through its facade. */
  static ArchRule onlyMayUse(String owner, String library) {
    return noClasses()
        .that(not(resideInAPackage(owner + "..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library + "..")
        .because("lifetimes, threads and native loading have one owner: " + owner)
        .allowEmptyShould(true);
  }

  static ArchRule randomnessIsSeeded() {
    return noClasses()
        .should()
        .dependOnClassesThat(
            assignableTo(Random.class)
                .or(assignableTo(SplittableRandom.class))
                .or(assignableTo(ThreadLocalRandom.class)))
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .callMethod(Collections.class, "shuffle", List.class)
        .because("each consumer splits its own generator from a Seed")
        .allowEmptyShould(true);
  }

  static ArchRule noWallClock() {
    return noClasses()
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .because("equal runs give equal results; measure spans with System.nanoTime")
        .allowEmptyShould(true);
  }

  static ArchRule quiet() {
    return noClasses()
        .that(not(progress()))
        .should(ArchConditions.accessField(System.class, "out"))
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .because("a library reports through return values, exceptions and Progress")
        .allowEmptyShould(true);
  }

  static ArchRule nullMarked() {
    return classes()
        .should(
            ArchConditions.have(
                describe(
                    "a package-info.java with @NullMarked",
                    type -> type.getPackage().isAnnotatedWith(NullMarked.class))))
        .allowEmptyShould(true);
  }

  private static DescribedPredicate<JavaClass> progress() {
    return describe(
        "the progress display of io.holdfast.common",
        type ->
            type.getPackageName().equals("io.holdfast.common")
                && type.getName().contains("Progress"));
  }
}
