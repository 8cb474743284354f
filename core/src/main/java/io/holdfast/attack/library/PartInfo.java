package io.holdfast.attack.library;

import io.holdfast.common.SettingsReader;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One part of a library: a file of tensors and a file of lines about their rows. Both are named by
 * their hashes and never change.
 *
 * @param tensors SHA-256 of the file of tensors
 * @param entries SHA-256 of the file of lines
 * @param count number of entries
 */
record PartInfo(String tensors, String entries, int count) {
  private static final int HEAD = 32;
  private static final String TENSORS = "tensors-";
  private static final String ENTRIES = "entries-";
  private static final String TRANSFERS = "transfers-";

  String tensorsFile() {
    return TENSORS + tensors.substring(0, HEAD) + ".safetensors";
  }

  String entriesFile() {
    return ENTRIES + entries.substring(0, HEAD) + ".jsonl";
  }

  /** The file of measured transfer with this hash. */
  static String transfersFile(String hash) {
    return TRANSFERS + hash.substring(0, HEAD) + ".jsonl";
  }

  /** Whether a file of that name can only be one of a library's. */
  static boolean isOwn(String name) {
    return name.matches(
        "("
            + TENSORS
            + "[0-9a-f]{32}\\.safetensors|("
            + ENTRIES
            + "|"
            + TRANSFERS
            + ")[0-9a-f]{32}\\.jsonl)");
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("tensors", tensors);
    map.put("entries", entries);
    map.put("count", count);
    return map;
  }

  static PartInfo read(SettingsReader r) {
    return new PartInfo(
        EntryFormat.hash(r, "tensors"),
        EntryFormat.hash(r, "entries"),
        r.integer("count", 1, Integer.MAX_VALUE));
  }
}
