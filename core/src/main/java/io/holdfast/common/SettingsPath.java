package io.holdfast.common;

import io.holdfast.common.SettingsNode.Fields;
import io.holdfast.common.SettingsNode.Items;
import io.holdfast.common.SettingsNode.Kind;
import io.holdfast.common.SettingsNode.Place;
import io.holdfast.common.SettingsNode.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Replaces one value of a settings tree by its dotted path, copying only the nodes on the way. */
final class SettingsPath {
  private static final Pattern FORM =
      Pattern.compile("[^.\\[\\]\\s]+(?:\\.[^.\\[\\]\\s]+|\\[[0-9]+])*+");
  private static final int LONGEST = 1000;

  private final Place place;
  private final SettingsNode value;

  private SettingsPath(Place place, SettingsNode value) {
    this.place = place;
    this.value = value;
  }

  static SettingsNode replace(Fields root, String dotted, SettingsNode value, Place place) {
    if (dotted.length() > LONGEST || !FORM.matcher(dotted).matches()) {
      throw new InvalidInputException(
          place.toString(),
          "",
          "a path such as train.epochs or evaluate.attacks[0]",
          '"' + dotted + '"');
    }
    List<String> steps = List.of(dotted.replace("]", "").split("[.\\[]", -1));
    return new SettingsPath(place, value).replace(root, steps);
  }

  private SettingsNode replace(@Nullable SettingsNode node, List<String> steps) {
    if (steps.isEmpty()) {
      return value;
    }
    String step = steps.get(0);
    List<String> rest = steps.subList(1, steps.size());
    if (node instanceof Items items) {
      return replaceItem(items, step, rest);
    }
    Fields section = section(node, step);
    Map<String, SettingsNode> fields = new LinkedHashMap<>(section.fields());
    fields.put(step, replace(fields.get(step), rest));
    return new Fields(fields, section.place());
  }

  private SettingsNode replaceItem(Items items, String step, List<String> rest) {
    int size = items.items().size();
    int index =
        Scalars.kind(step) == Kind.INTEGER
            ? (int) Math.min(Scalars.integer(step), Integer.MAX_VALUE)
            : -1;
    if (index < 0 || index > size) {
      throw new InvalidInputException(
          place.toString(), "", "a position from 0 to " + size + " in a list of " + size, step);
    }
    List<SettingsNode> changed = new ArrayList<>(items.items());
    if (index == size) {
      changed.add(replace(null, rest));
    } else {
      changed.set(index, replace(changed.get(index), rest));
    }
    return new Items(changed, items.place());
  }

  private Fields section(@Nullable SettingsNode node, String step) {
    if (node instanceof Fields fields) {
      return fields;
    }
    if (node == null || node.isNothing()) {
      return new Fields(Map.of(), place);
    }
    if (node instanceof Scalar scalar && scalar.kind() == Kind.TEXT) {
      return named(scalar);
    }
    throw new InvalidInputException(
        place.toString(),
        "",
        "a section that can hold " + step,
        node.found() + " at " + node.place());
  }

  /**
   * A name with its parameters, as in {@code pgd[steps=50]}; other texts, as paths, are the name.
   */
  static Fields named(Scalar text) {
    try {
      return Settings.fields(Call.parse(text.text()), text.place());
    } catch (InvalidInputException e) {
      return new Fields(Map.of(Settings.NAME, text), text.place());
    }
  }
}
