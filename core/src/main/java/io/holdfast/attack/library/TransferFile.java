package io.holdfast.attack.library;

import io.holdfast.attack.library.LeftOut.Fault;
import io.holdfast.common.AtomicFiles;
import io.holdfast.common.Hashes;
import io.holdfast.common.InvalidInputException;
import io.holdfast.common.Json;
import io.holdfast.common.SettingsReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Measured transfer as lines of JSON, one for each model, each of them {@link Sealed}. */
final class TransferFile {
  private TransferFile() {}

  static String write(Transfer transfer) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", EntryFormat.model(transfer.model()));
    map.put("date", transfer.date().toString());
    map.put("fooled", transfer.fooled());
    map.put("held", transfer.held());
    map.put("wrong", transfer.wrong());
    return Json.compact(Sealed.seal(map));
  }

  /**
   * Writes the file.
   *
   * @return its hash, empty if there is nothing to write
   */
  static String write(Path folder, List<Transfer> transfers) {
    if (transfers.isEmpty()) {
      return "";
    }
    StringBuilder lines = new StringBuilder();
    transfers.forEach(t -> lines.append(write(t)).append('\n'));
    String hash = Hashes.sha256Hex(lines.toString());
    AtomicFiles.write(folder.resolve(PartInfo.transfersFile(hash)), lines.toString());
    return hash;
  }

  /** One for each model, in the order of their weights' hashes. */
  static List<Transfer> merge(List<Transfer> some, List<Transfer> others) {
    Map<String, Transfer> byModel = new TreeMap<>();
    List<Transfer> all = new ArrayList<>(some);
    all.addAll(others);
    for (Transfer t : all) {
      byModel.merge(t.model().weights(), t, TransferFile::newer);
    }
    return List.copyOf(byModel.values());
  }

  private static Transfer newer(Transfer a, Transfer b) {
    return a.date().isAfter(b.date()) ? a.with(b) : b.with(a);
  }

  /** Reads what is sound; tells the rest. */
  static List<Transfer> read(Path folder, Manifest manifest, List<LeftOut> leftOut) {
    if (manifest.transfers().isEmpty()) {
      return List.of();
    }
    Path file = folder.resolve(PartInfo.transfersFile(manifest.transfers()));
    List<Transfer> transfers = new ArrayList<>();
    List<String> lines;
    try {
      lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      String reason = Files.exists(file) ? "cannot be read: " + e.getMessage() : "is missing";
      leftOut.add(new LeftOut("", Fault.DAMAGED, file.toString(), "measured transfer " + reason));
      return List.of();
    }
    for (int i = 0; i < lines.size(); i++) {
      String where = file + " line " + (i + 1);
      try {
        Sealed sealed = Sealed.parse(lines.get(i), where);
        if (sealed.intact()) {
          transfers.add(sealed.read(TransferFile::read));
        } else {
          leftOut.add(
              new LeftOut(
                  "",
                  Fault.CHANGED,
                  where,
                  "the measured transfer was changed after it was written"));
        }
      } catch (InvalidInputException e) {
        leftOut.add(new LeftOut("", Fault.DAMAGED, where, e.problems().get(0).found()));
      }
    }
    return List.copyOf(transfers);
  }

  private static Transfer read(SettingsReader r) {
    LocalDate date = EntryFormat.date(r, "date");
    return new Transfer(
        EntryFormat.readModel(r.requiredSection("model")),
        date == null ? LocalDate.EPOCH : date,
        ids(r, "fooled"),
        ids(r, "held"),
        ids(r, "wrong"));
  }

  private static Set<String> ids(SettingsReader r, String key) {
    return new TreeSet<>(r.texts(key, List.of()));
  }
}
