package io.holdfast.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;

/**
 * The packages directly below a root, lowest first; a class uses its own floor and those below it.
 *
 * @param root the package that holds the floors, such as {@code io.holdfast}
 * @param names the floors, lowest first, without the root
 */
record Floors(String root, List<String> names) {
  /** Every class stands on a listed floor and depends on no higher one. */
  ArchCondition<JavaClass> keptByAll() {
    return new ArchCondition<>("use only their own floor and those below it: " + names) {
      @Override
      public void check(JavaClass user, ConditionEvents events) {
        int floor = floorOf(user);
        if (floor < 0) {
          String message = user.getName() + " stands on no floor; known floors are " + names;
          events.add(SimpleConditionEvent.violated(user, message));
          return;
        }
        for (Dependency dependency : user.getDirectDependenciesFromSelf()) {
          if (floorOf(dependency.getTargetClass()) > floor) {
            events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
          }
        }
      }
    };
  }

  /** The floor's index, or -1 for a class outside all of them. */
  private int floorOf(JavaClass type) {
    String inside = type.getPackageName() + ".";
    for (int i = 0; i < names.size(); i++) {
      if (inside.startsWith(root + "." + names.get(i) + ".")) {
        return i;
      }
    }
    return -1;
  }
}
