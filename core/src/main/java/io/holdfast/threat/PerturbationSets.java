package io.holdfast.threat;

import io.holdfast.common.SettingsReader;
import io.holdfast.data.image.corruption.Corruption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How perturbation sets are written in files. */
final class PerturbationSets {
  static final String KIND = "perturbation";
  private static final String UNION = "union";
  private static final int MOST_PIXELS = 10_000;
  private static final double ANY = Double.POSITIVE_INFINITY;

  /** Every kind that a file may name. */
  static final List<String> NAMES =
      List.of(
          "linf",
          "l2",
          "l1",
          "l0",
          PixelChanges.NAME,
          SquarePatch.NAME,
          Frame.NAME,
          UNION,
          RotationTranslation.NAME,
          Flow.NAME,
          Recolouring.NAME,
          Wasserstein.NAME,
          CommonCorruptions.NAME,
          CodeChanges.NAME,
          Product.NAME);

  private PerturbationSets() {}

  /** A canonical section: the kind first, then keys and values in turn. */
  static Map<String, Object> map(String kind, Object... keysAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(KIND, kind);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  /**
   * Reads the section's {@code perturbation} and the keys that belong to it.
   *
   * @return null if a problem was reported that leaves no harmless value
   */
  static @Nullable PerturbationSet read(SettingsReader reader) {
    String kind = reader.choice(KIND, NAMES);
    return switch (kind) {
      case UNION -> union(reader);
      case Product.NAME -> product(reader);
      case RotationTranslation.NAME ->
          new RotationTranslation(
              reader.number("degrees", 30, 0, 180), reader.number("shift", 0.1, 0, 1));
      case Flow.NAME ->
          new Flow(
              reader.number("pixels", 2, 0, MOST_PIXELS),
              reader.integer("grid", Flow.GRID, 1, MOST_PIXELS));
      case Recolouring.NAME ->
          new Recolouring(
              reader.number("epsilon", 0, ANY),
              reader.integer("grid", Flow.GRID, 2, Recolouring.FINEST),
              reader.integer("smooth", Recolouring.SMOOTH, 0, Recolouring.SMOOTHEST),
              reader.choice("colours", Recolouring.Colours.OWN));
      case Wasserstein.NAME -> wasserstein(reader);
      case CommonCorruptions.NAME ->
          new CommonCorruptions(
              reader.integer("severity", 0, Corruption.SEVEREST), reader.flag("extra", false));
      case CodeChanges.NAME ->
          new CodeChanges(
              reader.integer("levels", 2, 2, Integer.MAX_VALUE),
              reader.integer("changes", 0, Integer.MAX_VALUE));
      case PixelChanges.NAME -> new PixelChanges(size(reader, kind));
      case SquarePatch.NAME -> new SquarePatch(size(reader, kind));
      case Frame.NAME -> new Frame(size(reader, kind));
      default -> ball(Norm.ofKey(kind).orElseThrow(), reader);
    };
  }

  private static Additive ball(Norm norm, SettingsReader reader) {
    double epsilon = reader.numberOr("epsilon", Additive.UNLIMITED, ANY, 0, ANY);
    if (norm == Norm.L0 && epsilon != Math.rint(epsilon)) {
      reader.reject(
          "epsilon",
          "how many values may change, a whole number",
          Additive.number(epsilon),
          "changes of any size to few values are l0; small changes of all are linf");
      return new Additive(norm, 0);
    }
    return new Additive(norm, epsilon);
  }

  private static Wasserstein wasserstein(SettingsReader reader) {
    double epsilon = reader.number("epsilon", 0, ANY);
    int window = reader.integer("window", Wasserstein.WINDOW, 3, Wasserstein.WIDEST);
    if (window % 2 == 0) {
      reader.reject("window", "an odd number", Integer.toString(window), null);
      return new Wasserstein(epsilon);
    }
    return new Wasserstein(epsilon, window);
  }

  /** The key under which a set with a short form has its size. */
  static String sizeKey(String kind) {
    return switch (kind) {
      case PixelChanges.NAME -> "count";
      case SquarePatch.NAME -> "side";
      case Frame.NAME -> "width";
      case CommonCorruptions.NAME -> "severity";
      default -> "epsilon";
    };
  }

  private static int size(SettingsReader reader, String kind) {
    return reader.integer(sizeKey(kind), 0, Integer.MAX_VALUE);
  }

  private static @Nullable PerturbationSet union(SettingsReader reader) {
    List<PerturbationSet> members = new ArrayList<>();
    for (SettingsReader section : reader.sections("members")) {
      PerturbationSet member = read(section);
      if (member instanceof Union nested) {
        members.addAll(nested.members());
      } else if (member != null) {
        members.add(member);
      }
    }
    if (members.size() < 2) {
      reader.reject("members", "at least two sections", members.size() + " of them", null);
      return null;
    }
    return new Union(members);
  }

  private static @Nullable PerturbationSet product(SettingsReader reader) {
    List<Product.Part> parts = new ArrayList<>();
    int before = reader.problems().list().size();
    for (SettingsReader section : reader.sections("parts")) {
      List<Integer> columns = section.integers("columns", List.of(), 0, Integer.MAX_VALUE);
      PerturbationSet set = read(section);
      if (columns.size() != 2 || columns.get(1) <= columns.get(0)) {
        section.reject(
            "columns", "the first column and the one behind the last", "" + columns, null);
      } else if (!(set instanceof Additive || set instanceof Discrete)) {
        section.reject(KIND, "a ball or code-changes", set == null ? "nothing" : set.key(), null);
      } else {
        parts.add(new Product.Part(columns.get(0), columns.get(1), set));
      }
    }
    try {
      return new Product(parts);
    } catch (IllegalArgumentException e) {
      if (reader.problems().list().size() == before) { // else what is missing is told already
        String expected = "at least one part, none sharing columns";
        reader.reject("parts", expected, parts.size() + "", null);
      }
      return null;
    }
  }
}
