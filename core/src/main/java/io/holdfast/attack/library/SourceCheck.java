package io.holdfast.attack.library;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares clean inputs and labels with the data set that they came from. Classes are compared by
 * name where the entry knows the name of its class and the data have names, and else by number:
 * data sets number their classes each in its own way.
 */
public final class SourceCheck {
  private SourceCheck() {}

  /**
   * The usable entries whose clean input or label is not that of the sample with their id.
   *
   * @param data in which all samples are looked for, whatever name they were saved under
   * @return one finding for each
   */
  public static List<LeftOut> differing(ExampleLibrary library, Dataset data) {
    Map<Long, Integer> places = new HashMap<>();
    for (int i = 0; i < data.size(); i++) {
      places.put(data.id(i), i);
    }
    List<LeftOut> found = new ArrayList<>();
    for (Entry entry : library.usable()) {
      String reason = difference(entry, library.content(entry), data, places);
      if (!reason.isEmpty()) {
        found.add(new LeftOut(entry.id(), Fault.SOURCE, library.folder().toString(), reason));
      }
    }
    return found;
  }

  private static String difference(
      Entry entry, Content content, Dataset data, Map<Long, Integer> places) {
    long id = entry.source().sampleId();
    Integer place = places.get(id);
    String sample = "sample " + id + " of " + data.info().name();
    if (place == null) {
      return "expected " + sample + ", found none";
    }
    String wanted = className(data, data.label(place));
    String found = entry.source().className();
    boolean named = !isNumber(wanted) && !found.isEmpty() && !isNumber(found);
    if (named && !wanted.equals(found)) {
      return "expected class " + wanted + " of " + sample + ", found " + found;
    }
    if (!named && data.label(place) != entry.label()) {
      return "expected label " + data.label(place) + " of " + sample + ", found " + entry.label();
    }
    boolean same =
        data.info().shape().equals(entry.shape())
            && Arrays.equals(data.read(place), content.clean());
    return same ? "" : "expected the clean input to be " + sample + ", found another";
  }

  private static String className(Dataset data, int label) {
    List<String> names = data.info().classes();
    return label < names.size() ? names.get(label) : Integer.toString(label);
  }

  private static boolean isNumber(String name) {
    return !name.isEmpty() && name.chars().allMatch(Character::isDigit);
  }
}
