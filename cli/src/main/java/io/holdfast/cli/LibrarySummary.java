package io.holdfast.cli;

import io.holdfast.attack.library.Entry;
import io.holdfast.attack.library.ExampleLibrary;
import io.holdfast.attack.library.LeftOut;
import io.holdfast.common.Format;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A library in a few numbers. */
final class LibrarySummary {
  private LibrarySummary() {}

  /** For JSON. */
  static Map<String, Object> of(ExampleLibrary library) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("library", library.folder().toString());
    all.put("today", library.today().toString());
    all.put("hash", library.hash());
    all.put("entries_written", library.size());
    all.put("sound", library.sound().size());
    all.put("usable", library.usable().size());
    all.put("left_out", library.leftOut().stream().map(LibrarySummary::leftOut).toList());
    return all;
  }

  /** One thing that is left out. */
  static Map<String, Object> leftOut(LeftOut left) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", left.id());
    map.put("fault", left.fault().key());
    map.put("where", left.where());
    map.put("reason", left.reason());
    return map;
  }

  /** One line. */
  static String words(ExampleLibrary library) {
    List<Entry> sound = library.sound();
    long expired = sound.stream().filter(e -> e.isExpired(library.today())).count();
    return "%s entries: %s usable, %s expired, %s suspended, %s damaged"
        .formatted(
            Format.count(library.size()),
            Format.count(library.usable().size()),
            Format.count(expired),
            Format.count(sound.size() - library.usable().size() - expired),
            Format.count(library.size() - sound.size()));
  }
}
